import { addMembers, bindSession, findSession, removeMember, saveSessions } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, makeRoom, openWorld, say, TENANT, type World } from '../testing/test-world.js';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.start();
}, 60_000);
afterAll(async () => world.stop());

type Resume = { sessionId: string } | { latest: true } | null;
let made = 0;
const newId = () => `session-${(made += 1)}`;

async function bind(userId: string, sessionId: string, resume: Resume = null, podId = 'pod-a', dialect = 'x') {
  const ticket = `ticket of ${sessionId}`;
  return world.bus.request(bindSession, { tenantId: TENANT, userId, dialect, sessionId, podId, ticket, resume });
}

interface Saved {
  readonly userId: string;
  readonly sessionId: string;
  readonly asOf: string;
  readonly state?: 'open' | 'closed' | 'ended';
  readonly cursors?: readonly { roomId: string; pos: number }[];
  readonly openRooms?: readonly string[];
}

async function save(podId: string, ...sessions: readonly Saved[]) {
  return world.bus.request(saveSessions, {
    podId,
    sessions: sessions.map(({ cursors = [], openRooms = [], state = 'closed', ...rest }) => ({
      ...rest,
      tenantId: TENANT,
      dialect: 'x',
      state,
      cursors: [...cursors],
      openRooms: [...openRooms],
    })),
  });
}

/** Makes everything a pod said look older. */
async function age(podId: string, seconds: number): Promise<void> {
  const back = `${seconds} seconds`;
  await world.query('update message.pod set last_beat = last_beat - $2::interval where pod_id = $1', [podId, back]);
  await world.query('update message.session set saved_at = saved_at - $2::interval where pod_id = $1', [podId, back]);
}

async function claimed(sessionId: string): Promise<boolean> {
  const rows = await world.query('select claimed_by from message.session where session_id = $1', [sessionId]);
  return rows[0]?.['claimed_by'] != null;
}

async function locksAwaited(): Promise<number> {
  const rows = await world.query(
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%bind_session%'",
  );
  return rows.length;
}

/** Waits until something becomes true; a test's own limit ends it. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

/** A user with a closed session, and a room that was written since. */
async function leftBehind(userId: string, podId = 'pod-a') {
  const room = await makeRoom(world.bus, [userId, 'ann']);
  await say(world.bus, room.id, 'ann', 'seen');
  const sessionId = newId();
  await bind(userId, sessionId, null, podId);
  const cursors = [{ roomId: room.id, pos: 2 }];
  const { asOf } = await save(podId, {
    userId,
    sessionId,
    asOf: room.createdAt,
    cursors,
    openRooms: [room.id],
    state: 'open',
  });
  await save(podId, { userId, sessionId, asOf, cursors, openRooms: [room.id] });
  await say(world.bus, room.id, 'ann', 'missed');
  return { room, sessionId };
}

describe('binding', () => {
  it('lists the groups to hear and what was written just now', async () => {
    const group = await makeRoom(world.bus, ['uma', 'ann']);
    const direct = await makeRoom(world.bus, ['uma', 'ann'], { kind: 'direct' });
    await say(world.bus, group.id, 'ann', 'hello');
    const bound = await bind('uma', newId());
    expect(bound.groups).toEqual([{ roomId: group.id, head: 2 }]);
    expect(bound.recent).toHaveLength(2);
    expect(bound.recent).toContainEqual({ roomId: direct.id, head: 1 });
    expect(bound.resumed).toBeNull();
    await world.query("update message.room_head set last_at = last_at - interval '1 minute'");
    expect((await bind('uma', newId())).recent).toEqual([]);
  });

  it('says that everything up to its time is in the answer, though a writer is not done', async () => {
    const room = await makeRoom(world.bus, ['ursa', 'ann']);
    const writer = await world.db.connect();
    await writer.query('begin');
    await writer.query('select 1 from message.room_head where room_id = $1 for no key update', [room.id]);
    const [now] = (await writer.query<{ at: string }>('select message.iso(clock_timestamp()) as at')).rows;
    await new Promise((resolve) => setImmediate(resolve));
    const { asOf } = await bind('ursa', newId());
    expect(asOf < String(now?.at)).toBe(true);
    await writer.query('rollback');
    writer.release();
  });
});

describe('resuming by id', () => {
  it('tells what is owed, once, and hands the sealed ticket back before', async () => {
    const { room, sessionId } = await leftBehind('vera');
    const found = await world.bus.request(findSession, { tenantId: null, sessionId });
    expect(found.session).toEqual({ tenantId: TENANT, userId: 'vera', dialect: 'x', ticket: `ticket of ${sessionId}` });
    const next = newId();
    const { resumed } = await bind('vera', next, { sessionId });
    expect(resumed).toEqual({ sessionId, openRooms: [room.id], owed: [{ roomId: room.id, afterPos: 2, toPos: null }] });
    // The answer may have been lost: the same new session asks again and gets the same.
    expect((await bind('vera', next, { sessionId })).resumed).toEqual(resumed);
  });

  it('answers the same to the same question asked many times at once', async () => {
    const { room, sessionId } = await leftBehind('wanda');
    const owed = [{ roomId: room.id, afterPos: 2, toPos: null }];
    for (const resume of [{ sessionId }, { latest: true } as const]) {
      const asked = newId();
      const all = await Promise.all(Array.from({ length: 8 }, async () => bind('wanda', asked, resume)));
      expect(all.map(({ resumed }) => resumed?.owed)).toEqual(all.map(() => owed));
      await save('pod-a', {
        userId: 'wanda',
        sessionId: asked,
        asOf: room.createdAt,
        cursors: [{ roomId: room.id, pos: 2 }],
      });
    }
  });

  it.each([['by its id'], ['as the latest']])('waits for a save of the session that is under way, %s', async (how) => {
    const userId = `wilma ${how}`;
    const { sessionId } = await leftBehind(userId);
    const saver = await world.db.connect();
    await saver.query('begin');
    await saver.query('select 1 from message.session where session_id = $1 for update', [sessionId]);
    const binding = bind(userId, newId(), how === 'by its id' ? { sessionId } : { latest: true });
    let answered = false;
    const noted = binding.finally(() => (answered = true));
    await until(async () => answered || (await locksAwaited()) > 0);
    await saver.query('commit');
    saver.release();
    expect((await noted).resumed?.sessionId).toBe(sessionId);
  });

  it('continues with whoever took the session over, as the client may never have learned of that one', async () => {
    const { room, sessionId } = await leftBehind('willa');
    const owed = [{ roomId: room.id, afterPos: 2, toPos: null }];
    const [lost, asOf] = [newId(), room.createdAt];
    await bind('willa', lost, { sessionId }, 'pod-b');
    const { session } = await world.bus.request(findSession, { tenantId: TENANT, sessionId });
    expect(session).toMatchObject({ userId: 'willa', ticket: `ticket of ${lost}` });
    const copy = await bind('willa', newId(), { sessionId });
    expect(copy.resumed).toEqual({ sessionId: lost, openRooms: [room.id], owed });
    // It may have a connection that lives: only once it is closed is it taken for good.
    await save('pod-b', { userId: 'willa', sessionId: lost, asOf, cursors: [{ roomId: room.id, pos: 2 }] });
    const heir = newId();
    expect((await bind('willa', heir, { sessionId })).resumed?.sessionId).toBe(lost);
    expect((await bind('willa', newId(), { sessionId: lost })).resumed?.sessionId).toBe(heir);
  });

  it('gives a session that was taken over back to nobody', async () => {
    const { sessionId } = await leftBehind('wren');
    await bind('wren', newId(), { sessionId });
    expect(await codeOf(bind('wren', sessionId))).toBe('conflict');
    expect(await codeOf(bind('wren', sessionId, { latest: true }))).toBe('conflict');
  });

  it('is not opened again by a checkpoint that comes late', async () => {
    const { room, sessionId } = await leftBehind('willow');
    const late = {
      userId: 'willow',
      sessionId,
      asOf: new Date().toISOString(),
      cursors: [{ roomId: room.id, pos: 3 }],
    };
    await save('pod-a', { ...late, state: 'open' });
    const { resumed } = await bind('willow', newId(), { latest: true }, 'pod-a');
    expect(resumed).toMatchObject({ sessionId, owed: [{ roomId: room.id, afterPos: 2 }] });
  });

  it("is not another user's, tenant's or dialect's, and not after the window", async () => {
    const { sessionId } = await leftBehind('xena', 'pod-old');
    expect((await bind('mallory', newId(), { sessionId })).resumed).toBeNull();
    expect((await bind('xena', newId(), { sessionId }, 'pod-a', 'y')).resumed).toBeNull();
    await age('pod-old', 301);
    expect((await bind('xena', newId(), { sessionId })).resumed).toBeNull();
  });

  it('carries on what was owed when the new connection dies at once', async () => {
    const { room, sessionId } = await leftBehind('yara');
    const next = newId();
    await bind('yara', next, { sessionId }, 'pod-b');
    const again = await bind('yara', newId(), { sessionId: next }, 'pod-c');
    expect(again.resumed?.owed).toEqual([{ roomId: room.id, afterPos: 2, toPos: null }]);
  });

  it('drops what the old pod still says of a claimed session, and forgets an ended one', async () => {
    const { sessionId } = await leftBehind('zoe');
    await bind('zoe', newId(), { sessionId }, 'pod-b');
    await save('pod-a', { userId: 'zoe', sessionId, asOf: new Date().toISOString() });
    expect(await claimed(sessionId)).toBe(true);
    const { sessionId: ended } = await leftBehind('zora');
    await save('pod-a', { userId: 'zora', sessionId: ended, asOf: new Date().toISOString(), state: 'ended' });
    expect((await bind('zora', newId(), { sessionId: ended })).resumed).toBeNull();
  });
});

describe('resuming the latest', () => {
  it('takes the newest closed session of the dialect', async () => {
    const { sessionId } = await leftBehind('abe');
    const newer = newId();
    const { asOf } = await bind('abe', newer);
    await save('pod-a', { userId: 'abe', sessionId: newer, asOf });
    expect((await bind('abe', newId(), { latest: true }, 'pod-a', 'y')).resumed).toBeNull();
    expect((await bind('abe', newId(), { latest: true })).resumed?.sessionId).toBe(newer);
    expect((await bind('abe', newId(), { latest: true })).resumed?.sessionId).toBe(sessionId);
    expect((await bind('abe', newId(), { latest: true })).resumed).toBeNull();
  });

  it('copies one that another pod has open, whose own connection keeps it', async () => {
    const room = await makeRoom(world.bus, ['ben', 'ann']);
    const open = newId();
    const { asOf } = await bind('ben', open, null, 'pod-a');
    await save('pod-a', {
      userId: 'ben',
      sessionId: open,
      asOf,
      state: 'open',
      cursors: [{ roomId: room.id, pos: 1 }],
    });
    await say(world.bus, room.id, 'ann', 'missed?');
    const copy = await bind('ben', newId(), { latest: true }, 'pod-b');
    expect(copy.resumed).toMatchObject({ sessionId: open, owed: [{ roomId: room.id, afterPos: 1, toPos: null }] });
    const { session } = await world.bus.request(findSession, { tenantId: TENANT, sessionId: open });
    expect(session).toMatchObject({ userId: 'ben' });
    expect((await bind('ben', newId(), { sessionId: open }, 'pod-a')).resumed?.sessionId).toBe(open);
  });

  it('leaves one alone that its own pod has open', async () => {
    await bind('bea', newId(), null, 'pod-a');
    expect((await bind('bea', newId(), { latest: true }, 'pod-a')).resumed).toBeNull();
  });

  it("takes a dead pod's open session for good", async () => {
    const open = newId();
    await bind('cleo', open, null, 'pod-dead');
    await age('pod-dead', 20);
    expect((await bind('cleo', newId(), { latest: true }, 'pod-b')).resumed?.sessionId).toBe(open);
    expect(await claimed(open)).toBe(true);
  });
});

describe('what is owed', () => {
  it('respects joins and leaves', async () => {
    const [listed, silent, left, joined, direct] = await Promise.all([
      makeRoom(world.bus, ['dan', 'ann']),
      makeRoom(world.bus, ['dan', 'ann']),
      makeRoom(world.bus, ['dan', 'ann']),
      makeRoom(world.bus, ['ann']),
      makeRoom(world.bus, ['dan', 'ann'], { kind: 'direct' }),
    ]);
    for (const room of [listed, silent, left, joined, direct]) await say(world.bus, room.id, 'ann', 'before');
    const sessionId = newId();
    await bind('dan', sessionId);
    // A moment that lies surely after everything above: the database's own.
    const rows = await world.query('select message.iso(clock_timestamp()) as now');
    await save('pod-a', {
      userId: 'dan',
      sessionId,
      asOf: String(rows[0]?.now),
      cursors: [{ roomId: listed.id, pos: 1 }],
    });
    const change = { tenantId: TENANT, actor: null, origin: null };
    await say(world.bus, left.id, 'ann', 'last heard');
    await world.bus.request(removeMember, { ...change, roomId: left.id, userId: 'dan' });
    await say(world.bus, left.id, 'ann', 'not for dan');
    await world.bus.request(addMembers, { ...change, roomId: joined.id, userIds: ['dan'], role: 'member' });
    await say(world.bus, joined.id, 'ann', 'welcome');
    await say(world.bus, direct.id, 'ann', 'hello');
    const { resumed } = await bind('dan', newId(), { sessionId });
    const owed = new Map(resumed?.owed.map(({ roomId, ...range }) => [roomId, range]));
    expect(owed).toEqual(
      new Map([
        [listed.id, { afterPos: 1, toPos: null }],
        [left.id, { afterPos: 2, toPos: 4 }],
        [joined.id, { afterPos: 2, toPos: null }],
        [direct.id, { afterPos: 2, toPos: null }],
      ]),
    );
  });
});

describe('a storm of clients', () => {
  it('may ask the same twice, but a session is one user’s', async () => {
    const sessionId = newId();
    const asked = [bind('dora', sessionId), bind('dora', sessionId), bind('dina', sessionId)];
    const [first, again, other] = (await Promise.allSettled(asked)).map(({ status }) => status);
    expect(again).toBe(first);
    expect([first, other].sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is taken in whole: each as if it came alone, also while checkpoints of the same sessions are written', async () => {
    const people = Array.from({ length: 150 }, (_, n) => `storm-${n}`);
    const room = await makeRoom(world.bus, people.slice(0, 60));
    const first = people.map((userId) => ({ userId, sessionId: newId() }));
    await Promise.all(first.map(async ({ userId, sessionId }) => bind(userId, sessionId, null, 'pod-storm')));
    await say(world.bus, room.id, people[0] ?? '', 'missed');
    const returns = first.flatMap(({ userId, sessionId }) => [
      bind(userId, newId(), { sessionId }, 'pod-next'),
      bind(userId, newId(), { latest: true }, 'pod-other'),
    ]);
    const asOf = new Date(Date.now() - 60_000).toISOString();
    const saves = [1, 2, 3].map(async () => save('pod-storm', ...first.toReversed().map((one) => ({ ...one, asOf }))));
    const [bound] = await Promise.all([Promise.all(returns), Promise.all(saves)]);
    const named = bound.filter((_, index) => index % 2 === 0);
    expect(named.map(({ resumed }) => resumed?.sessionId)).toEqual(first.map(({ sessionId }) => sessionId));
    const rooms = named.map(({ groups, resumed }) => [...groups, ...(resumed?.owed ?? [])].map(({ roomId }) => roomId));
    expect(rooms).toEqual(people.map((_, n) => (n < 60 ? [room.id, room.id] : [])));
  });
});
