import { setTimeout as pace } from 'node:timers/promises';
import { Random, type ChatClient, type ChatUser, type Stack } from '@parlance/testing';
import { z } from 'zod';
import { stage, type Play } from '../people.js';

const STEPS = 30;
const LONGEST_PAUSE_MS = 250;
const PEOPLE = 6;
/** From the last deed until everybody must know; a limit against hanging, as loaded machines take their time. */
const SETTLE_MS = 60_000;

const presenceSchema = z.object({ users: z.array(z.object({ id: z.string(), online: z.boolean() })) });

/** Who is there, as it is, as polls say, and as the observers of two wires were told. */
export class PresencePlay {
  private readonly devices = new Map<string, ChatClient[]>();
  private readonly told: { readonly observer: string; readonly states: Map<string, string> }[] = [];
  readonly did: string[] = [];

  private constructor(
    readonly play: Play,
    private readonly people: readonly ChatUser[],
    private readonly gateways: number,
  ) {}

  static async open(stack: Stack, name: string): Promise<PresencePlay> {
    const play = stage(stack);
    const people: ChatUser[] = [];
    for (let n = 0; n < PEOPLE; n += 1) people.push(await play.world.user(`${name}-${n}`));
    const own = new PresencePlay(play, people, stack.gateways.length);
    const watchers = [await play.world.user(`${name}-reels`), await play.world.user(`${name}-socket`)] as const;
    for (const one of people) for (const watcher of watchers) await play.world.room([watcher, one], 'direct');
    own.observe(await play.reels(watchers[0], 0));
    own.observe(await play.socket(watchers[1], 1));
    return own;
  }

  async end(): Promise<void> {
    await this.play.end();
  }

  /** Connects, cuts and disconnects people at random; what is drawn, the seed decides. */
  async random(seed: number): Promise<void> {
    const random = new Random(seed);
    for (let step = 0; step < STEPS; step += 1) {
      await this.step(random);
      await pace(random.below(LONGEST_PAUSE_MS));
    }
  }

  async connectAll(gateway: number): Promise<void> {
    for (const person of this.people) await this.connect(person, gateway);
  }

  /** Those whose clients do not come back. */
  async leave(count: number): Promise<void> {
    for (const { id } of this.people.slice(0, count)) {
      for (const device of this.devices.get(id)?.splice(0) ?? []) await device.disconnect();
    }
  }

  /** Settles when polls and both observers say what is true; answers how long that took, ms. Errors: what differs in the end. */
  async settled(): Promise<number> {
    const startedAt = Date.now();
    for (;;) {
      const differences = await this.differences();
      if (differences.length === 0) return Date.now() - startedAt;
      if (Date.now() - startedAt > SETTLE_MS) {
        throw new Error(`After ${this.did.join(', ')}:\n${differences.join('\n')}`);
      }
      await pace(100);
    }
  }

  private async differences(): Promise<readonly string[]> {
    const polled = await this.polled();
    return this.people.flatMap(({ id }) => {
      const isThere = (this.devices.get(id) ?? []).length > 0;
      const truth = isThere ? 'online' : 'offline';
      const said: (readonly [string, string])[] = [['poll', polled.get(id) === true ? 'online' : 'offline']];
      for (const { observer, states } of this.told) said.push([observer, states.get(id) ?? 'offline']);
      return said.flatMap(([who, state]) => (state === truth ? [] : [`${id} is ${truth}, ${who} says ${state}`]));
    });
  }

  private async polled(): Promise<ReadonlyMap<string, boolean>> {
    const userIds = this.people.map(({ id }) => id).join(',');
    const answer = await this.play.api.other('GET', ['presence'], undefined, { userIds }).catch((error: unknown) => {
      // A stack that is coming back answers later.
      if (error instanceof Error) return { users: [] };
      throw error;
    });
    return new Map(presenceSchema.parse(answer).users.map(({ id, online }) => [id, online]));
  }

  private observe(client: ChatClient): void {
    const states = new Map<string, string>();
    this.told.push({ observer: client.dialect, states });
    client.onEvent(({ type, user, text }) => {
      if (type === 'presence' && user !== null && text !== null) states.set(user, text);
    });
  }

  private async step(random: Random): Promise<void> {
    const [first, ...others] = this.people;
    if (first === undefined) return;
    const person = random.pick([first, ...others]);
    const devices = this.devices.get(person.id) ?? [];
    const what = random.pick(['connect', 'connect', 'drop', 'disconnect', 'disconnect'] as const);
    if (what === 'connect' && devices.length < 3) return this.connect(person, random.below(this.gateways));
    const device = devices.at(random.below(Math.max(1, devices.length)));
    if (device === undefined) return;
    this.did.push(`${what === 'drop' ? 'cut' : 'disconnect'} ${device.name}`);
    if (what === 'drop') return device.dropTransport();
    devices.splice(devices.indexOf(device), 1);
    await device.disconnect();
  }

  private async connect(person: ChatUser, gateway: number): Promise<void> {
    this.did.push(`connect ${person.id} at ${gateway}`);
    const device = await this.play.socket(person, gateway);
    this.devices.set(person.id, [...(this.devices.get(person.id) ?? []), device]);
  }
}
