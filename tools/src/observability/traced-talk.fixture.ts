import {
  ChatWorld,
  History,
  keyed,
  MinChatSocketClient,
  NativeApi,
  refFor,
  type ChatClient,
  type ChatUser,
  type ReceivedSpan,
  type Stack,
  type WorldRoom,
} from '@parlance/testing';

const SECRET_KEY = 'demo-secret-key';
const APP_KEY = 'demo-public-key';

/** Two people of the demo tenant and what they share, each at a gateway of its own where there are two. */
export class Talk {
  readonly #ends: ChatClient[] = [];
  #keys = 0;

  private constructor(
    readonly api: NativeApi,
    private readonly world: ChatWorld,
    private readonly stack: Stack,
  ) {}

  static async begin(stack: Stack): Promise<Talk> {
    const api = new NativeApi(stack.gateways[0], SECRET_KEY);
    return new Talk(api, new ChatWorld(api, new History()), stack);
  }

  user(id: string): Promise<ChatUser> {
    return this.world.user(id);
  }

  room(one: ChatUser, other: ChatUser): Promise<WorldRoom> {
    return this.world.room([one, other], 'direct');
  }

  async enter(user: ChatUser, gateway: number): Promise<ChatClient> {
    const url = this.stack.gateways[gateway % this.stack.gateways.length] ?? this.stack.gateways[0];
    const setup = { name: user.id, user, url, history: this.world.history, apiKey: APP_KEY };
    const client = new MinChatSocketClient(setup);
    this.#ends.push(client);
    await client.connect();
    await client.identify();
    return client;
  }

  /** A message that the other one has heard. */
  async say(from: ChatClient, to: ChatClient, room: WorldRoom): Promise<void> {
    const text = this.text();
    const heard = to.nextEvent((event) => event.type === 'message' && event.text === text);
    const outcome = await from.send(refFor(room, from.user), text);
    if (outcome.status !== 'acked') throw new Error(`Not acknowledged: ${outcome.code}`);
    await heard;
  }

  /** A text of its own. */
  text(): string {
    this.#keys += 1;
    return keyed(`k${this.#keys}`, 'hello');
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#ends.map((client) => client.disconnect()));
  }
}

/**
 * The spans of the newest trace that begins with `root` and in which a message was delivered by so many gateways, as soon as all steps
 * that led there have come: each process sends its own.
 */
export function deliveredTrace(
  spans: readonly ReceivedSpan[],
  root: string,
  deliveries: number,
): readonly ReceivedSpan[] | undefined {
  const roots = spans.filter(({ name, parentId }) => name === root && parentId === null).reverse();
  return roots
    .map(({ traceId }) => spans.filter((span) => span.traceId === traceId))
    .find((trace) => {
      const known = new Set(trace.map(({ spanId }) => spanId));
      const whole = trace.every(({ parentId }) => parentId === null || known.has(parentId));
      return whole && trace.filter(({ name }) => name === 'gateway.deliver').length === deliveries;
    });
}

/** The way from the root to each span, as names. */
export function pathsIn(trace: readonly ReceivedSpan[]): readonly string[] {
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  const pathOf = (span: ReceivedSpan): string => {
    const parent = span.parentId === null ? undefined : byId.get(span.parentId);
    return parent === undefined ? span.name : `${pathOf(parent)} > ${span.name}`;
  };
  return trace.map(pathOf).sort();
}
