// takes: 17 s
import {
  addMembers,
  deleteRoom,
  findActiveCall,
  forgetCalls,
  getCall,
  listCalls,
  noteCallSockets,
  removeMember,
  setBlock,
  terminateUser,
} from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ear, makePair, openCallWorld, Phone, refusal, TENANT, type CallWorld, type Pair } from './call.fixture.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
  await world.start();
});
afterAll(async () => {
  await world.close();
});

const get = async (call: string) => (await world.bus.request(getCall, { tenantId: TENANT, viewerId: null, call })).call;
const stateOf = async (call: string): Promise<string> => {
  const { state, reason } = await get(call);
  return reason === null ? state : `${state} ${reason}`;
};
const liveCalls = async (roomId: string): Promise<number> => {
  const { rows } = await world.db.query("select 1 from call.call where room_id = $1 and state <> 'ended'", [roomId]);
  return rows.length;
};

/** One that was answered, each on a phone that has a socket. */
async function answered(over: { payload?: string } = {}): Promise<Pair & { id: string }> {
  const pair = await makePair(world);
  const { call } = await pair.ann.call(pair.roomId, over);
  await pair.ann.socketIs('here');
  await pair.bob.socketIs('here');
  await pair.bob.accept(call.id);
  return { ...pair, id: call.id };
}

describe('a call of two', () => {
  it('rings, is taken, is connected by the first exchange, and ends with one message', async () => {
    const { roomId, ann, bob, annHears, bobHears } = await makePair(world);
    const { call, payload } = await ann.call(roomId, { payload: '{"sdp":"x"}' });
    expect([call.state, call.callerId, call.calleeId, payload]).toEqual([
      'ringing',
      ann.user.id,
      bob.user.id,
      '{"sdp":"x"}',
    ]);
    await bobHears.hears(call.id, 'call.offered');
    await ann.socketIs('here');
    await bob.socketIs('here');
    expect((await bob.accept(call.id)).call.state).toBe('accepted');
    await annHears.hears(call.id, 'call.accepted');
    await ann.signal(call.id, { candidate: 'of ann' });
    await bobHears.hears(call.id, `call.signaled {"candidate":"of ann"} {"only":"${bob.device ?? ''}"}`);
    expect(await stateOf(call.id)).toBe('accepted');
    await bob.signal(null, { candidate: 'of bob' });
    await annHears.hears(call.id, `call.signaled {"candidate":"of bob"} {"only":"${ann.device ?? ''}"}`);
    expect(await stateOf(call.id)).toBe('connected');
    expect((await bob.end(call.id)).call).toMatchObject({ state: 'ended', reason: 'completed' });
    await annHears.hears(call.id, 'call.ended completed');
    await bobHears.hears(call.id, 'call.ended completed');
    await expect.poll(() => world.records(roomId)).toMatchObject([{ callId: call.id, reason: 'completed' }]);
    expect((await ann.end(call.id)).call.reason).toBe('completed');
    const { rows } = await world.db.query('select 1 from call.signal where call_id = $1', [call.id]);
    expect(rows).toEqual([]);
  });

  it('is rejected on one device, and the others stop ringing', async () => {
    const { roomId, ann, bob, annHears, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId);
    await bob.end(call.id, 'reject');
    await annHears.hears(call.id, 'call.ended rejected');
    await bobHears.hears(call.id, `call.ended rejected {"except":"${bob.device ?? ''}"}`);
    await expect.poll(() => world.records(roomId)).toMatchObject([{ reason: 'rejected', endedAt: null }]);
  });

  it('is answered by the first device; the other one hears that it is taken', async () => {
    const { roomId, ann, bob, bobHears } = await makePair(world);
    const tablet = new Phone(world.bus, bob.user, 'tablet', false);
    const { call } = await ann.call(roomId);
    await Promise.all([bob.socketIs('here'), tablet.socketIs('here')]);
    await tablet.accept(call.id, { sdp: 'mine' });
    await bobHears.hears(call.id, 'call.ended elsewhere {"except":"tablet"}');
    expect(await refusal(bob.accept(call.id))).toBe('conflict');
    expect(await refusal(bob.end(call.id))).toBe('conflict');
    expect((await tablet.accept(call.id)).call.state).toBe('accepted');
    expect(await refusal(bob.signal(call.id, 'x'))).toBe('conflict');
    expect(bobHears.told(call.id).filter((what) => what.startsWith('call.accepted'))).toEqual([
      'call.accepted {"only":"tablet"}',
    ]);
  });

  it('to somebody in a call with a third is busy, and leaves a missed call', async () => {
    const { bob } = await answered();
    const eve = await world.phone('eve');
    const roomId = await world.room('direct', 'eve', bob.user.id);
    const { call } = await eve.call(roomId);
    expect(call).toMatchObject({ state: 'ended', reason: 'busy' });
    await expect.poll(() => world.records(roomId)).toMatchObject([{ callId: call.id, reason: 'busy' }]);
    expect(await refusal(bob.call(roomId))).toBe('conflict');
    const { active } = await world.bus.request(findActiveCall, { tenantId: TENANT, userId: 'eve' });
    expect(active).toBeNull();
  });

  it('comes back the same when its request is repeated, and is refused when another is made', async () => {
    const { roomId, ann } = await makePair(world);
    const { call } = await ann.call(roomId, { requestId: 'once' });
    expect((await ann.call(roomId, { requestId: 'once' })).call.id).toBe(call.id);
    expect(await refusal(ann.call(roomId))).toBe('conflict');
  });

  it.each([
    ['a kick', ({ roomId, bob }: Pair) => kick(roomId, bob.user.id), 'group'],
    ['the end of the room', ({ roomId }: Pair) => drop(roomId), 'direct'],
    ['a block', ({ ann, bob }: Pair) => block(ann, bob), 'direct'],
    ['the end of an account', ({ bob }: Pair) => terminate(bob), 'direct'],
  ] as const)('is over with %s', async (_, remove, kind) => {
    const pair = await makePair(world);
    const roomId = kind === 'direct' ? pair.roomId : await world.room('group', pair.ann.user.id, pair.bob.user.id);
    const { call } = await pair.ann.call(roomId);
    await pair.bob.accept(call.id);
    await remove({ ...pair, roomId });
    if (kind === 'group') {
      const bob = async () =>
        (await world.bus.request(getCall, { tenantId: TENANT, viewerId: null, call: call.id })).participants[1]?.state;
      await expect.poll(bob, { timeout: 20_000 }).toBe('left');
      return;
    }
    await pair.annHears.hears(call.id, 'call.ended removed');
    expect(await refusal(pair.bob.accept(call.id))).not.toBe('ok');
  });

  const asServer = { tenantId: TENANT, actor: null, origin: null };
  const kick = (roomId: string, userId: string) => world.bus.request(removeMember, { ...asServer, roomId, userId });
  const drop = (roomId: string) => world.bus.request(deleteRoom, { ...asServer, roomId });
  const block = (one: Phone, other: Phone) =>
    world.bus.request(setBlock, { tenantId: TENANT, user: one.user, other: other.user, origin: null, blocked: true });
  const terminate = ({ user }: Phone) =>
    world.bus.request(terminateUser, { tenantId: TENANT, userId: user.id, message: 'Over.' });

  it('stands in the histories of both until they forget it', async () => {
    const { ann, bob, id } = await answered();
    const history = async ({ user }: Phone) =>
      (await world.bus.request(listCalls, { tenantId: TENANT, userId: user.id, offset: 0, limit: 10 })).calls.map(
        ({ call }) => `${call.id} ${call.reason ?? call.state}`,
      );
    const forget = (call?: string) => world.bus.request(forgetCalls, { tenantId: TENANT, userId: ann.user.id, call });
    expect(await history(ann)).toEqual([`${id} accepted`]);
    expect(await refusal(forget(id))).toBe('conflict');
    await ann.end(id);
    await forget(id);
    expect(await history(ann)).toEqual([]);
    expect(await history(bob)).toEqual([`${id} completed`]);
  });
});

describe('a group’s call', () => {
  it('is joined late, also by who became a member meanwhile, and ended for all by who began it', async () => {
    const [ann, bob, cleo] = [await world.phone('g-ann'), await world.phone('g-bob'), await world.phone('g-cleo')];
    const roomId = await world.room('group', 'g-ann', 'g-bob');
    const { call, participants } = await ann.call(roomId);
    expect(participants).toEqual([
      { userId: 'g-ann', state: 'joined' },
      { userId: 'g-bob', state: 'invited' },
    ]);
    await bob.accept(call.id);
    expect(await refusal(cleo.accept(call.id))).toBe('not-found');
    const server = { tenantId: TENANT, actor: null, origin: null, announce: false, role: 'member' as const };
    await world.bus.request(addMembers, { ...server, roomId, userIds: ['g-cleo'] });
    const hears = await Ear.of(world.bus, 'g-cleo');
    expect((await cleo.accept(call.id)).participants).toContainEqual({ userId: 'g-cleo', state: 'joined' });
    expect(await refusal(bob.call(roomId))).toBe('conflict');
    expect((await bob.end(call.id)).call.state).toBe('accepted');
    await ann.end(call.id);
    await hears.hears(call.id, 'call.ended completed');
    await expect.poll(() => world.records(roomId)).toHaveLength(1);
  });

  it('keeps nobody who only rings from being called', async () => {
    const ann = await world.phone('h-ann');
    const { call } = await ann.call(await world.room('group', 'h-ann', 'h-bob'));
    const cleo = await world.phone('h-cleo');
    const direct = await cleo.call(await world.room('direct', 'h-cleo', 'h-bob'));
    expect(direct.call.state).toBe('ringing');
    const bob = await world.phone('h-bob');
    await bob.accept(direct.call.id);
    expect(await refusal(bob.accept(call.id))).toBe('conflict');
    expect(await stateOf(call.id)).toBe('ringing');
  });
});

describe('what is said in a call', () => {
  const toBob = (n: number, { bob }: Pair) => `call.signaled ${n} {"only":"${bob.device ?? ''}"}`;

  it('waits for the answer, 64 of it, and goes to the device that answered alone', async () => {
    const pair = await makePair(world);
    const { ann, bob, roomId, bobHears } = pair;
    const { call } = await ann.call(roomId);
    await bob.socketIs('here');
    for (let n = 0; n < 64; n += 1) await ann.signal(call.id, n);
    expect(await refusal(ann.signal(call.id, 64))).toBe('rate-limited');
    expect(bobHears.told(call.id)).toEqual(['call.offered']);
    await bob.accept(call.id);
    await bobHears.hears(call.id, toBob(63, pair));
    const heard = bobHears.told(call.id).filter((what) => what.startsWith('call.signaled'));
    expect(heard).toEqual(Array.from({ length: 64 }, (_, n) => toBob(n, pair)));
    await ann.signal(call.id, 65);
    await bobHears.hears(call.id, toBob(65, pair));
  });

  it('comes again to who was away, the newest 64', async () => {
    const { ann, bob, id, bobHears } = await answered();
    await bob.signal(id, 'here');
    await bob.socketIs('gone');
    for (let n = 0; n < 70; n += 1) await ann.signal(id, n);
    const before = bobHears.told(id).length;
    await bob.socketIs('fresh', 'another pod');
    await bobHears.hears(id, `call.signaled 69 {"only":"${bob.device ?? ''}"}`);
    const again = bobHears.told(id).slice(before);
    expect(again.filter((what) => what.startsWith('call.accepted'))).toHaveLength(1);
    expect(again.filter((what) => what.startsWith('call.signaled')).length).toBe(64);
    expect(await stateOf(id)).toBe('connected');
  });

  it('over a socket whose user answered over REST makes that socket the one, and the others stop ringing', async () => {
    const { roomId, ann, bob, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId);
    await bob.socketIs('here');
    const rest = new Phone(world.bus, bob.user, 'rest', false);
    await rest.accept(call.id);
    await ann.signal(call.id, 'early');
    await bob.signal(call.id, 'mine');
    await bobHears.hears(call.id, `call.ended elsewhere {"except":"${bob.device ?? ''}"}`);
    await bobHears.hears(call.id, `call.signaled "early" {"only":"${bob.device ?? ''}"}`);
  });

  it.each([
    ['more than 4 KB', 'too-large', 'x'.repeat(4_095)],
    ['5 KB', 'too-large', { candidate: 'x'.repeat(5_120) }],
    ['exactly 4 KB', 'ok', 'x'.repeat(4_094)],
  ])('of %s: %s', async (_, expected, data) => {
    const { ann, id } = await answered();
    expect(await refusal(ann.signal(id, data))).toBe(expected);
  });
});

describe('what nobody may', () => {
  it('is refused with a code and changes nothing', async () => {
    const { ann, bob, id, roomId } = await answered();
    const eve = await world.phone('stranger');
    const elsewhere = new Phone(world.bus, ann.user, ann.device, false, 'another-tenant');
    const before = await get(id);
    const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['not-found', () => eve.accept(id)],
      ['not-found', () => eve.end(id)],
      ['not-found', () => eve.signal(id, 'x')],
      ['not-found', () => eve.signal(null, 'x')],
      ['not-found', () => eve.call(roomId)],
      ['not-found', () => eve.call('no-such-room')],
      ['not-found', () => ann.accept('no-such-call')],
      ['not-found', () => elsewhere.end(id)],
      ['not-found', () => elsewhere.signal(id, 'x')],
      ['permission-denied', () => ann.accept(id)],
      ['permission-denied', () => bob.end(id, 'cancel')],
      ['permission-denied', () => ann.end(id, 'reject')],
      ['too-large', () => bob.accept(id, 'x'.repeat(70_000))],
    ];
    for (const [code, attempt] of attempts) expect(await refusal(attempt())).toBe(code);
    expect(await get(id)).toEqual(before);
    await ann.end(id);
    expect(await refusal(bob.accept(id))).toBe('conflict');
    expect(await refusal(ann.signal(id, 'x'))).toBe('conflict');
    expect(await stateOf(id)).toBe('ended completed');
  });

  it('is to call oneself, who blocks one, or who only gets what one broadcasts', async () => {
    const { ann, bob, roomId } = await makePair(world);
    expect(await refusal(ann.call(await world.room('group', ann.user.id)))).toBe('invalid');
    expect(await refusal(ann.call(await world.room('broadcast', ann.user.id, bob.user.id)))).toBe('not-found');
    const pair = { tenantId: TENANT, user: bob.user, other: ann.user, origin: null };
    await world.bus.request(setBlock, { ...pair, blocked: true });
    expect(await refusal(ann.call(roomId))).toBe('permission-denied');
    expect(await liveCalls(roomId)).toBe(0);
  });
});

describe('what a crash leaves undone', () => {
  it('is done by another replica: all are told, and the room has one message', async () => {
    const { roomId, ann, bob, annHears, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId);
    await bob.end(call.id, 'reject');
    await expect.poll(() => world.records(roomId)).toHaveLength(1);
    const before = annHears.told(call.id).length;
    await world.db.query(
      `update call.call set told_version = 0, recorded_at = null, changed_at = now() - interval '1 minute' where id = $1`,
      [call.id],
    );
    await annHears.until((ear) => ear.told(call.id).length > before);
    await bobHears.hears(call.id, 'call.ended rejected');
    const done = async () =>
      (
        await world.db.query<{ done: boolean }>(
          'select recorded_at is not null and told_version = version as done from call.call where id = $1',
          [call.id],
        )
      ).rows;
    await expect.poll(done).toEqual([{ done: true }]);
    expect(await world.records(roomId)).toHaveLength(1);
  });

  it('is done for a call that goes on, too: who takes part hears so, and other devices that it is taken', async () => {
    const { id, annHears, bobHears, bob } = await answered();
    const elsewhere = `call.ended elsewhere {"except":"${bob.device ?? ''}"}`;
    await bobHears.hears(id, elsewhere);
    const before = [annHears, bobHears].map((ear) => ear.told(id).length);
    await world.db.query(
      `update call.call set told_version = 0, changed_at = now() - interval '1 minute' where id = $1`,
      [id],
    );
    await annHears.until((ear) => ear.told(id).slice(before[0]).includes('call.accepted'));
    await bobHears.until((ear) => ear.told(id).slice(before[1]).includes(elsewhere));
  });
});

describe('what gets lost on the way', () => {
  it('is told again: that it rings, until a socket is known, and that it is over, until somebody heard', async () => {
    const { roomId, ann, bob, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId);
    const offers = (ear: Ear) => ear.told(call.id).filter((what) => what === 'call.offered').length;
    await bobHears.until((ear) => offers(ear) > 1);
    await bob.socketIs('here');
    await ann.end(call.id);
    const ends = (ear: Ear) => ear.told(call.id).filter((what) => what === 'call.ended canceled').length;
    await bobHears.until((ear) => ends(ear) > 1);
    const told = [{ tenantId: TENANT, userId: bob.user.id, callId: call.id }];
    await world.bus.request(noteCallSockets, { podId: 'pod', here: [], left: [], told });
    const { rows } = await world.db.query('select 1 from call.participant where call_id = $1 and untold', [call.id]);
    expect(rows).toEqual([]);
  });
});
