import type { Delivery, Dialect, DomainEventType, Frame, Ignored, Renderer } from '@parlance/dialect-kit';
import { sampleEvents, sampleMessage, sampleRoomView, sampleView } from '@parlance/dialect-kit';
import { inferSchema } from './infer-schema.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';

/** A message of a wire: an event name, what it carries, and (outbound) examples. */
export interface AsyncMessage {
  readonly name: string;
  readonly summary: string;
  readonly payload: JsonSchema;
  readonly examples?: readonly { readonly payload: unknown }[];
}

export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: 'application/json';
  readonly channels: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, unknown>>;
  readonly components: { readonly messages: Readonly<Record<string, AsyncMessage>> };
}

const CHANNEL = 'socket';
const MAX_EXAMPLES = 2;
const KINDS = ['direct', 'group'] as const;

/**
 * One dialect's socket, from its own tables: what it accepts by the schemas that parse it, what it emits by rendering every sample of every
 * domain event. `receive` and `send` are the server's.
 */
export function asyncApiDocument(dialect: Dialect): AsyncApiDocument {
  const inbound = [...dialect.inbound].map(([name, { schema }]): [string, AsyncMessage] => [
    `in-${keyOf(name)}`,
    { name, summary: 'From the client.', payload: jsonSchemaOf(schema, 'input') },
  ]);
  const outbound = outboundMessages(dialect).map((message): [string, AsyncMessage] => [
    `out-${keyOf(message.name)}`,
    message,
  ]);
  const messages = Object.fromEntries([...inbound, ...outbound]);
  const refer = (key: string) => ({ $ref: `#/channels/${CHANNEL}/messages/${key}` });
  const operation = (key: string, action: 'receive' | 'send'): [string, unknown] => [
    key,
    { action, channel: { $ref: `#/channels/${CHANNEL}` }, messages: [refer(key)] },
  ];
  return {
    asyncapi: '3.0.0',
    info: { title: `Parlance: ${dialect.name}`, version: '1', description: describe(dialect) },
    defaultContentType: 'application/json',
    channels: {
      [CHANNEL]: {
        address: '/socket.io/',
        description: `Socket.IO, namespace \`/\` or \`/${dialect.name}\`.`,
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations: Object.fromEntries([
      ...inbound.map(([key]) => operation(key, 'receive')),
      ...outbound.map(([key]) => operation(key, 'send')),
    ]),
    components: { messages },
  };
}

/** Events have blanks; keys of a document have not. */
function keyOf(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, '-');
}

function describe({ name, outbound, encodings }: Dialect): string {
  const silent = Object.entries<Renderer<never> | Ignored>(outbound).flatMap(([type, entry]) =>
    'ignored' in entry ? [`- ${type}: ${entry.ignored}`] : [],
  );
  const modes = [...(encodings?.keys() ?? [])];
  const encoded =
    modes.length === 0 ? '' : `\n\nA client may ask for these encodings of its frames: ${modes.join(', ')}.`;
  return `The ${name} wire. A payload is what the event's first argument holds, or the list of its arguments.${encoded}\n\nNot said on this wire:\n${silent.join('\n')}`;
}

function outboundMessages({ outbound }: Dialect): readonly AsyncMessage[] {
  const frames = new Map<string, { readonly types: Set<string>; readonly args: (readonly unknown[])[] }>();
  for (const type of typesOf(outbound)) {
    for (const { event, args } of framesOf(outbound, type)) {
      const known = frames.get(event) ?? { types: new Set<string>(), args: [] };
      known.types.add(type);
      known.args.push(args);
      frames.set(event, known);
    }
  }
  return [...frames].map(([name, { types, args }]) => ({
    name,
    summary: `Tells of ${[...types].join(', ')}.`,
    payload: payloadSchema(args),
    examples: args.slice(0, MAX_EXAMPLES).map((list) => ({ payload: list.length === 1 ? list[0] : list })),
  }));
}

/** One argument is described as itself, several as a list. */
function payloadSchema(args: readonly (readonly unknown[])[]): JsonSchema {
  return inferSchema(args.map((list) => (list.length === 1 ? list[0] : list)));
}

function typesOf(outbound: Dialect['outbound']): readonly DomainEventType[] {
  const all: readonly DomainEventType[] = Object.values(sampleEvents(sampleRoomView())).flatMap(([event]) =>
    event === undefined ? [] : [event.type],
  );
  return all.filter((type) => !('ignored' in outbound[type]));
}

function framesOf(outbound: Dialect['outbound'], type: DomainEventType): readonly Frame[] {
  return KINDS.flatMap((kind) => {
    const room = sampleRoomView({ kind });
    return deliveriesOf(outbound, type, room).flatMap((delivery) => {
      if ('frame' in delivery) return [delivery.frame];
      return [...room.users.keys()].flatMap((viewer) => delivery.each(viewer) ?? []);
    });
  });
}

function deliveriesOf<T extends DomainEventType>(
  outbound: Dialect['outbound'],
  type: T,
  room: ReturnType<typeof sampleRoomView>,
): readonly Delivery[] {
  const entry: Dialect['outbound'][T] = outbound[type];
  if ('ignored' in entry) return [];
  const view = { ...sampleView(room), replied: sampleMessage() };
  return sampleEvents(room)[type].flatMap((event) => entry.render(event, view));
}
