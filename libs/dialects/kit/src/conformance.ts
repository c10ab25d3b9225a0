import { ERROR_CODES, ParlanceError } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, sampleEvents } from './samples/events.js';
import type { EventSamples } from './samples/events.js';
import { FOREIGN_SECRET, sampleMessage, sampleRoomView, sampleTenant, sampleView } from './samples/values.js';
import {
  deepFreeze,
  framesFor,
  framesOf,
  jsonFlaw,
  nested,
  recordingExecute,
  saysSomething,
} from './conformance-values.js';
import type { Dialect, DomainEventType, InboundContext, InboundEvent, OutboundTable, View } from './dialect.js';
import { frame } from './frame.js';
import type { Reply } from './frame.js';
import type { HttpCompanion, HttpRequest, HttpRoute } from './http.js';

export {
  callingTranscript,
  emittingTranscript,
  expectRecorded,
  hearingTranscript,
  onTheWire,
  readTranscript,
  recordedDelivery,
  recordedRequest,
  routesByName,
} from './conformance-transcripts.js';
export { framesFor, framesOf, jsonFlaw, recordingExecute, refusalFrom } from './conformance-values.js';
export { EVENT_TYPES, sampleEvents } from './samples/events.js';
export {
  sampleCall,
  sampleCallRecord,
  sampleFactBase,
  sampleInfo,
  sampleInvitation,
  sampleMember,
  sampleMessage,
  sampleMessages,
  sampleRoom,
  sampleRoomView,
  sampleScoreDay,
  sampleStamp,
  sampleTenant,
  sampleUser,
  sampleView,
} from './samples/values.js';

/** A way to mistreat an inbound event; `empty`: no arguments, nothing or an empty object. */
export type Abuse = 'empty' | 'wrong-type' | 'deep' | 'prototype-key';

export interface EventCase {
  /** frames it understands, as lists of arguments; the first argument of each is mistreated */
  readonly good: readonly (readonly unknown[])[];
  /** abuses that are nothing wrong for this event of this wire, each with the written reason */
  readonly tolerates?: Readonly<Partial<Record<Abuse, string>>>;
}

export interface ConformanceCases {
  /** a case for every inbound event, no more and no fewer */
  readonly events: Readonly<Record<string, EventCase>>;
  /** other spellings of the same arguments that the wire allows (JSON text, say), as a map over them */
  readonly spellings?: readonly ((args: readonly unknown[]) => readonly unknown[])[];
  /** random payloads per inbound event; default 2,000 */
  readonly runs?: number;
  /** repeats a failed random run; default: another each time, printed with the test's name */
  readonly seed?: number;
}

const RANDOM_RUNS = 2000;
/** generous: it only keeps a busy machine from failing a run that is merely slow */
const RANDOM_TIMEOUT_MS = 120_000;
const RESERVED_NAMES = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
const CONTEXT: InboundContext = { acked: true, tenant: sampleTenant(), user: null };
const BLANK: HttpRequest = { params: {}, query: {}, headers: {}, body: undefined, files: [] };
/** must not stand in any frame: another dialect's extras, the tenant, the asking connection */
const HIDDEN = [FOREIGN_SECRET, sampleTenant().id, 'connection-1'];
const ERRORS = ERROR_CODES.map((code) => new ParlanceError(code, `Sample ${code}.`, { retryAfterMs: 1000 }));

/**
 * What any dialect owes whoever hosts it. Call it once in the dialect's spec; beside it the spec holds the golden transcripts and
 * what is special of the wire.
 */
export function dialectConformance(dialect: Dialect, cases: ConformanceCases): void {
  describe(`${dialect.name} is a dialect`, () => {
    openingConformance(dialect);
    inboundConformance(dialect, cases);
    randomConformance(dialect, cases);
    outboundConformance(dialect);
    if (dialect.http !== null) {
      httpConformance(dialect.http);
      randomHttpConformance(dialect.http, cases);
    }
  });
}

function openingConformance({ name, opening }: Dialect): void {
  it('has a name that can stand in a path and a metric', () => {
    expect(name).toMatch(/^[a-z][a-z0-9]{1,31}$/);
  });

  it('makes no claim to a bare handshake and survives a hostile one', () => {
    const bare = { headers: {}, query: {}, auth: {} };
    expect(opening.marks(bare)).toBe(false);
    expect(opening.claim(bare)).toBeNull();
    const auth = { token: [{}], dialect: 7, pid: nested(40) };
    const hostile = { headers: { authorization: ['a', 'b'] }, query: { auth: ['', 'x'], token: ['y'] }, auth };
    expect(typeof opening.marks(hostile)).toBe('boolean');
    expect(() => opening.claim(hostile)).not.toThrow();
  });
}

function inboundConformance(dialect: Dialect, cases: ConformanceCases): void {
  it('names its inbound events as a wire can carry them, and has a case for each', () => {
    for (const name of dialect.inbound.keys()) {
      expect(name).toMatch(/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/);
      expect(RESERVED_NAMES).not.toContain(name);
    }
    expect(Object.keys(cases.events).sort()).toEqual([...dialect.inbound.keys()].sort());
  });

  it('words every error code, without an event', () => {
    for (const error of ERRORS) expectWording(dialect.refuse(error));
  });

  for (const [name, event] of dialect.inbound) {
    const eventCase = cases.events[name];
    if (eventCase !== undefined) eventConformance(name, event, eventCase, cases);
  }
}

function eventConformance(name: string, event: InboundEvent, { good, tolerates }: EventCase, cases: ConformanceCases) {
  const spellings = [(args: readonly unknown[]) => args, ...(cases.spellings ?? [])];
  const understood = good.flatMap((args) => spellings.map((spell) => spell(args)));

  describe(name, () => {
    it('understands its good frames and words whatever becomes of them', async () => {
      expect(understood.length).toBeGreaterThan(0);
      for (const args of understood) await expectHandled(event, args);
    });

    it('words every error code', () => {
      for (const error of ERRORS) expectWording(event.refuse(error, []));
    });

    for (const [abuse, frames] of Object.entries(abuses(good))) {
      const reason = Object.entries(tolerates ?? {}).find(([tolerated]) => tolerated === abuse)?.[1];
      const spelt = frames.flatMap((args) => spellings.map((spell) => spell(args)));
      if (reason === undefined) it(`refuses ${abuse} as invalid`, () => expectRefusals(event, spelt));
      else it(`survives ${abuse}, tolerated: ${reason}`, () => expectSurvival(event, spelt, reason));
    }
  });
}

function abuses(good: readonly (readonly unknown[])[]): Record<Abuse, readonly (readonly unknown[])[]> {
  const hostile: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
  const into = (key: string, value: unknown) =>
    good.map(([first, ...rest]) => [isRecord(first) ? { ...first, [key]: value } : { [key]: value }, ...rest]);
  return {
    empty: [[], [undefined], [null], [{}]],
    'wrong-type': [[42], [true], ['text'], [['text']], [new Uint8Array(3)]],
    deep: [...into('deep', nested(40)), [nested(2000)]],
    'prototype-key': [...into('extra', hostile), ...into('constructor', { polluted: true })],
  };
}

function expectRefusals(event: InboundEvent, frames: readonly (readonly unknown[])[]): void {
  for (const args of frames) {
    const error = refusalOf(event, args);
    expect(error?.code, `code of ${describeArgs(args)}`).toBe('invalid');
    if (error !== null) expectWording(event.refuse(error, args));
  }
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

function expectSurvival(event: InboundEvent, frames: readonly (readonly unknown[])[], reason: string): void {
  expect(reason.length).toBeGreaterThan(10);
  for (const args of frames) refusalOf(event, args);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

/** The coded error of a refused frame, null when it is accepted; anything else that is thrown fails the test. */
function refusalOf(event: InboundEvent, args: readonly unknown[], context = CONTEXT): ParlanceError | null {
  try {
    event.parse(args, context);
    return null;
  } catch (error) {
    if (error instanceof ParlanceError) return error;
    throw error;
  }
}

async function expectHandled(event: InboundEvent, args: readonly unknown[]): Promise<void> {
  for (const acked of [true, false]) {
    const translation = event.parse(args, { ...CONTEXT, acked });
    for (const error of ERRORS) expectWording(translation.refuse(error));
    const { execute, intents } = recordingExecute();
    const reply = await translation.run(execute);
    expect(intents.map((intent) => intent.type)).toEqual(translation.asks === null ? [] : [translation.asks]);
    if (translation.asks !== null) expectWording(reply);
  }
}

function expectWording(reply: Reply): void {
  expect(saysSomething(reply), `the wording ${JSON.stringify(reply)}`).toBe(true);
  expectSendable([frame('ack', ...(reply.ack ?? [])), ...framesOf(reply)]);
}

function expectSendable(frames: readonly { readonly event: string; readonly args: readonly unknown[] }[]): void {
  for (const one of frames) {
    expect(one.event).not.toBe('');
    expect(jsonFlaw(one.args), `${one.event} ${JSON.stringify(one.args)}`).toBeNull();
  }
}

function randomConformance(dialect: Dialect, cases: ConformanceCases): void {
  const seed = seedOf(cases);
  const numRuns = cases.runs ?? RANDOM_RUNS;

  for (const [name, event] of dialect.inbound) {
    const good = cases.events[name]?.good ?? [[]];
    it(
      `${name} meets ${numRuns} random and mutated frames with a coded error or an intent (seed ${seed})`,
      () => {
        const property = fc.property(hostileArgs(good), fc.boolean(), (args, acked) => {
          refusalOf(event, args, { ...CONTEXT, acked });
          expect(Object.keys(Object.prototype)).toEqual([]);
          expect(Reflect.get({}, 'polluted')).toBeUndefined();
        });
        fc.assert(property, { seed, numRuns });
      },
      RANDOM_TIMEOUT_MS,
    );
  }
}

function randomHttpConformance(http: HttpCompanion, cases: ConformanceCases): void {
  const seed = seedOf(cases);
  const numRuns = Math.ceil((cases.runs ?? RANDOM_RUNS) / 10);

  it(
    `each route meets ${numRuns} random requests with a coded error or an intent (seed ${seed})`,
    () => {
      const fields = fc.oneof(fc.dictionary(hostileKey, hostileValue), hostileValue);
      const query = fc.dictionary(hostileKey, hostileValue);
      for (const route of http.routes) {
        const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
        const params = fc.record(Object.fromEntries(names.map((name) => [name, fc.string({ unit: 'binary' })])));
        const property = fc.property(params, query, fields, (ids, asked, body) => {
          httpRefusal(route, { ...BLANK, params: ids, query: asked, body });
          expect(Reflect.get({}, 'polluted')).toBeUndefined();
        });
        fc.assert(property, { seed, numRuns });
      }
    },
    RANDOM_TIMEOUT_MS,
  );
}

function seedOf(cases: ConformanceCases): number {
  return cases.seed ?? Math.floor(Math.random() * 2 ** 31);
}

const hostileKey = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then', 'hasOwnProperty'),
);
const hostileValue = fc.oneof(
  fc.anything({ key: hostileKey, withNullPrototype: true, withTypedArray: true, withBigInt: true, maxDepth: 3 }),
  fc.json(),
  fc.constantFrom('\u0000', '\ud800', 'a'.repeat(70_000), -0, NaN, 2 ** 60, '{"__proto__":{"polluted":true}}'),
);

/** Arguments made up altogether, and good ones with fields replaced, added and taken away. */
function hostileArgs(good: readonly (readonly unknown[])[]): fc.Arbitrary<readonly unknown[]> {
  const keys = [...new Set(good.flatMap(([first]) => (isRecord(first) ? Object.keys(first) : [])))];
  const key = keys.length === 0 ? hostileKey : fc.oneof(fc.constantFrom(...keys), hostileKey);
  const changes = fc.array(fc.tuple(key, fc.option(hostileValue, { nil: undefined })), { minLength: 1, maxLength: 3 });
  const mutated = fc.tuple(fc.constantFrom(...good), changes).map(([args, fields]) => mutate(args, fields));
  return fc.oneof(fc.array(hostileValue, { maxLength: 3 }), mutated, mutated);
}

function mutate([first, ...rest]: readonly unknown[], changes: readonly (readonly [string, unknown])[]): unknown[] {
  const copy: Record<string, unknown> = isRecord(first) ? { ...first } : {};
  for (const [key, value] of changes) {
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return [copy, ...rest];
}

function outboundConformance({ outbound }: Dialect): void {
  const rooms = [
    sampleRoomView(),
    sampleRoomView({ kind: 'group', name: 'Team' }, ['ann', 'bob', 'cleo']),
    sampleRoomView({ kind: 'group', name: null }, ['ann']),
    sampleRoomView({ kind: 'broadcast', name: 'News' }, ['ann', 'bob']),
  ];

  it('has a sample of every event that it must know', () => {
    expect([...EVENT_TYPES].sort()).toEqual(Object.keys(outbound).sort());
  });

  for (const type of EVENT_TYPES) {
    it(`renders ${type} purely and as a wire can carry it, or says why not`, () => {
      for (const room of rooms) expectRendered(outbound, type, sampleEvents(room)[type], sampleView(room));
    });
  }
}

function expectRendered<T extends DomainEventType>(table: OutboundTable, type: T, events: EventSamples[T], full: View) {
  const entry = table[type];
  if ('ignored' in entry) {
    expect(entry.ignored.length, `the reason to ignore ${type}`).toBeGreaterThan(10);
    return;
  }
  const viewers = ['stranger', ...(full.room?.members ?? []).map((member) => member.userId)];
  const view = deepFreeze(viewFor(entry.needs, full));
  for (const event of events) {
    const frames = framesFor(entry.render(deepFreeze(event), view), viewers);
    expect(framesFor(entry.render(event, view), viewers)).toEqual(frames);
    expectSendable(frames);
    for (const hidden of HIDDEN) expect(JSON.stringify(frames)).not.toContain(hidden);
  }
}

function viewFor(needs: 'room' | 'thread' | undefined, full: View): View {
  if (needs === undefined) return { ...full, room: null };
  return needs === 'thread' ? { ...full, replied: sampleMessage() } : full;
}

function httpConformance(http: HttpCompanion): void {
  it('owns roots that a server can tell from those of others', () => {
    for (const root of http.roots) {
      expect(root).toMatch(/^(?:\/[A-Za-z0-9_-]+)+$/);
      const own = http.roots.filter((other) => `${other}/`.startsWith(`${root}/`));
      expect(own).toEqual([root]);
      for (const taken of ['/api/v1', '/api/docs', '/health', '/metrics', '/socket.io']) {
        expect(`${taken}/`.startsWith(`${root}/`) || `${root}/`.startsWith(`${taken}/`)).toBe(false);
      }
    }
  });

  it('has routes under its roots, each once, each with a summary', () => {
    const calls = http.routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(calls).size).toBe(calls.length);
    for (const route of http.routes) {
      expect(http.roots.some((root) => route.path === root || route.path.startsWith(`${root}/`))).toBe(true);
      expect(route.summary).not.toBe('');
    }
  });

  it('answers every error code with an HTTP error', () => {
    for (const error of ERRORS) {
      const { status, body } = http.refuse(error);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(jsonFlaw(body), JSON.stringify(body)).toBeNull();
    }
  });

  it('reads its credential from any headers without failing', () => {
    for (const value of [undefined, '', 'Bearer', 'Bearer ', ['a', 'b']]) {
      expect(() => http.credential({ authorization: value })).not.toThrow();
    }
  });

  it.each(http.routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s refuses deep nesting and prototype keys as invalid',
    (_, route) => {
      const hostile: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
      for (const value of [nested(40), hostile]) {
        expect(httpRefusal(route, { ...BLANK, body: value })?.code).toBe('invalid');
        expect(httpRefusal(route, { ...BLANK, query: { extra: value } })?.code).toBe('invalid');
      }
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );
}

function httpRefusal(route: HttpRoute, request: HttpRequest): ParlanceError | null {
  try {
    route.parse(request);
    return null;
  } catch (error) {
    if (error instanceof ParlanceError) return error;
    throw error;
  }
}

function describeArgs(args: readonly unknown[]): string {
  return JSON.stringify(args).slice(0, 120);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
