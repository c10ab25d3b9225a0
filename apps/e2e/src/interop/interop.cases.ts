import { dialects } from '@parlance/dialect-registry';
import type { Dialect } from '@parlance/dialect-kit';
import {
  EVENT_CLASSES,
  expectationOf,
  keyed,
  NotInDialect,
  refFor,
  type ChatClient,
  type ChatUser,
  type EventClassName,
  type Frame,
  type Stack,
} from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENTS, stage, type Play } from '../people.js';
import type { Deed, EventClass, Pair } from './event-classes.js';
import { CAUSES, TERMINATION } from './event-classes.js';
import { heardSince, mentionsAny, nextFrame } from './frames.js';

const PATIENCE_MS = 15_000;
const AS_TOLD = 'as the table says';
const NOT_SAID = "not in the actor's wire";

/** Every class of events, told from each dialect to each: what the receiver's own table says is what its client must hear. */
export function interopCases(stack: () => Stack): void {
  const pairs = dialects.flatMap((from) => dialects.map((to) => [from.name, to.name, to] as const));
  describe.each(pairs)('from %s to %s', (from, to, dialect) => {
    let count = 0;
    const unique = (): string => `${from}-${to}-${Date.now().toString(36)}-${(count += 1)}`;
    let play: Play;
    let pair: Pair;
    beforeAll(async () => {
      play = stage(stack(), PATIENCE_MS);
      pair = await meet(play, from, to, unique);
    });
    afterAll(async () => play.end());

    it.each(CAUSES.map((one) => [one.name, one] as const))('shows %s as the table says', async (name, one) => {
      expect(await outcomeOf(pair, dialect, one)).toBe(isSayable(from, name) ? AS_TOLD : NOT_SAID);
    });
    it('shows error as the table says', async () => {
      expect(await refusalOf(pair)).toBe(AS_TOLD);
    });
    it('shows termination as the table says, and closes the connection', async () => {
      expect(await outcomeOf(pair, dialect, TERMINATION)).toBe(AS_TOLD);
      await pair.witness.whenDisconnected();
    });
  });

  it('left no row of the matrix out', () => {
    const causes = [...CAUSES.map(({ name }) => name), 'error', TERMINATION.name];
    expect(EVENT_CLASSES.map(({ name }) => name).filter((name) => !causes.includes(name))).toEqual([]);
  });
}

/** What the actor's own wire has no word to do, and nobody else can do for it. */
function isSayable(from: string, name: EventClassName): boolean {
  return !(from === 'classic' && name === 'typing');
}

async function meet(play: Play, from: string, to: string, unique: () => string): Promise<Pair> {
  const name = unique();
  // A streaming sender is a bot; that is no matter to anything else.
  const ann = await play.world.user(`ann-${name}`, { isBot: true });
  const [bob, stranger] = [await play.world.user(`bob-${name}`), await play.world.user(`eve-${name}`)];
  const guest = await play.world.user(`guest-${name}`);
  await play.world.room([guest, bob], 'direct');
  const [direct, group] = [await play.world.room([ann, bob], 'direct'), await play.world.room([ann, bob], 'group')];
  const [enterFrom, enterTo] = [CLIENTS[from], CLIENTS[to]];
  if (enterFrom === undefined || enterTo === undefined) throw new Error(`No client speaks ${from} or ${to}.`);
  const [actor, witness] = [await enterFrom(play, ann, 0), await enterTo(play, bob, 1)];
  for (const client of [actor, witness]) {
    for (const room of [direct, group]) await client.openRoom(refFor(room, client.user));
  }
  const enter = (user: ChatUser): Promise<ChatClient> => enterFrom(play, user, 0);
  return { api: play.api, actor, witness, direct, group, guest, enter, stranger, unique };
}

/** `as the table says`, or what went otherwise. */
async function outcomeOf(pair: Pair, dialect: Dialect, one: EventClass): Promise<string> {
  const { actor, witness } = pair;
  const from = witness.rawLog.length;
  let deed: Deed;
  try {
    deed = await one.cause(pair);
  } catch (error) {
    if (error instanceof NotInDialect) return NOT_SAID;
    throw error;
  }
  const expected = expectationOf(dialect, termsOf(one.name));
  const tells = (name: string): boolean => 'frames' in expected && expected.frames.includes(name);
  if ('frames' in expected) {
    const recalled = one.name === 'delete' && actor.dialect === witness.dialect;
    const fits = (frame: Frame): boolean =>
      (tells(frame.name) || (recalled && isMarker(frame.name, dialect))) &&
      (mentionsAny(frame, deed.mentions) || asksToReadAnew(frame));
    await nextFrame(witness, from, fits, PATIENCE_MS);
    return AS_TOLD;
  }
  if (one === TERMINATION) return AS_TOLD;
  await passed(pair, witness, from);
  const strays = heardSince(witness, from).filter(
    (frame) =>
      mentionsAny(frame, deed.mentions) && !isMarker(frame.name, dialect) && !isComing(frame.name, dialect, one),
  );
  return strays.length === 0 ? AS_TOLD : `heard ${strays.map(({ name }) => name).join(', ')}`;
}

/** That somebody comes or goes is told when it is known, beside whatever else is going on. */
function isComing(name: string, dialect: Dialect, one: EventClass): boolean {
  const coming = expectationOf(dialect, termsOf('presence'));
  return one.name !== 'presence' && 'frames' in coming && coming.frames.includes(name);
}

/** The witness writes into a room of the actor's in which it is not: it is refused in its own words, and nothing is stored. */
async function refusalOf({ api, actor, witness, stranger, unique }: Pair): Promise<string> {
  const memberIds = [actor.user.id, stranger.id];
  const { id, uuid } = await api.createRoom({ kind: 'group', memberIds, createdBy: actor.user.id });
  const outcome = await witness.send({ id, uuid }, keyed(unique(), 'not for you'));
  const stored = await api.messages(id);
  return outcome.status === 'failed' && stored.length === 0 ? AS_TOLD : `${outcome.status}, ${stored.length} stored`;
}

/** Whatever was caused before has passed when a later message is heard. */
async function passed({ api, actor, direct, unique }: Pair, witness: ChatClient, from: number): Promise<void> {
  const text = keyed(unique(), 'marker');
  await api.send(direct.id, { senderId: actor.user.id, text });
  await nextFrame(witness, from, (frame) => mentionsAny(frame, [text]), PATIENCE_MS);
}

/** A wire with one word for many changes tells its clients to read again, not what. */
function asksToReadAnew(frame: Frame): boolean {
  return mentionsAny(frame, ['"refresh":true']);
}

/** Frames that messages come in: the marker and earlier messages mention the same room. */
function isMarker(name: string, dialect: Dialect): boolean {
  const messages = expectationOf(dialect, termsOf('message'));
  return 'frames' in messages && messages.frames.includes(name);
}

function termsOf(name: EventClassName) {
  const terms = EVENT_CLASSES.find((one) => one.name === name);
  if (terms === undefined) throw new Error(`The matrix has no row ${name}.`);
  return terms;
}
