import { getCall } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePair, openCallWorld, refusal, TENANT, type CallWorld } from './call.fixture.js';

/** What time does to calls, in times shorter than those of an installation. */
const TIMES = {
  PARLANCE_CALL_RING_TIMEOUT: '1500ms',
  PARLANCE_CALL_MEDIA_TIMEOUT: '1s',
  PARLANCE_CALL_GRACE: '1s',
  PARLANCE_LIMIT_CALLS_PER_MINUTE: '10',
};

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld(TIMES);
  await world.start();
});
afterAll(async () => {
  await world.close();
});

const reasonOf = async (call: string) =>
  (await world.bus.request(getCall, { tenantId: TENANT, viewerId: null, call })).call.reason;
const plain = { payload: null };

describe('a call that time ends', () => {
  it('is one that nobody answers: both are told, and the room has one message', async () => {
    const { roomId, ann, annHears, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId);
    await Promise.all([annHears, bobHears].map((ear) => ear.hears(call.id, 'call.ended timeout')));
    await expect.poll(() => world.records(roomId)).toMatchObject([{ reason: 'timeout', endedAt: null }]);
    for (const ear of [annHears, bobHears]) {
      // Whatever may not have been published is told again: it says how things are, not that they change.
      expect([...new Set(ear.told(call.id))]).toEqual(['call.offered', 'call.ended timeout']);
    }
    expect(await refusal(ann.call(roomId))).toBe('ok');
  });

  it('is one whose sides negotiated media that never came', async () => {
    const { roomId, ann, bob, annHears } = await makePair(world);
    const { call } = await ann.call(roomId, { payload: { sdp: 'v=0', type: 'offer' } });
    await bob.accept(call.id, '{"answer":{"sdp":{"x":1},"type":"answer"}}');
    await annHears.hears(call.id, 'call.ended failed');
  });

  it('is one whose participant stays away longer than the grace', async () => {
    const { roomId, ann, bob, annHears } = await makePair(world);
    const { call } = await ann.call(roomId, plain);
    await bob.socketIs('here');
    await bob.accept(call.id, null);
    await bob.socketIs('gone');
    await annHears.hears(call.id, 'call.ended disconnected');
  });

  it('is one whose participant was at a gateway that died', async () => {
    const { roomId, ann, bob, annHears, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId, plain);
    await bob.socketIs('here', 'mortal');
    await bob.accept(call.id, null);
    await world.db.query("update call.pod set last_beat = now() - interval '1 minute' where pod_id = 'mortal'");
    await annHears.hears(call.id, 'call.ended disconnected');
    await bobHears.hears(call.id, 'call.ended disconnected');
    // It comes back after the end, and hears of it although it had been told once: nobody had been there.
    const before = bobHears.told(call.id).length;
    await bob.socketIs('fresh', 'another');
    await bobHears.until((ear) =>
      ear
        .told(call.id)
        .slice(before)
        .includes(`call.ended disconnected {"only":"${bob.device ?? ''}"}`),
    );
  });
});

describe('a call goes on', () => {
  it('when who was away comes back inside the grace, and is told what goes on', async () => {
    const { roomId, ann, bob, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId, plain);
    await bob.socketIs('here');
    await bob.accept(call.id, null);
    await bob.socketIs('gone');
    await bob.socketIs('fresh', 'another');
    await bobHears.hears(call.id, `call.accepted {"only":"${bob.device ?? ''}"}`);
    // Another one that begins later and is ended by the grace shows that this one would have been.
    const other = await makePair(world);
    const lost = await other.ann.call(other.roomId, plain);
    await other.bob.socketIs('here');
    await other.bob.accept(lost.call.id, null);
    await other.bob.socketIs('gone');
    await other.annHears.hears(lost.call.id, 'call.ended disconnected');
    expect(await reasonOf(call.id)).toBeNull();
  });

  it('when one of two sockets of the device goes', async () => {
    const { roomId, ann, bob } = await makePair(world);
    const { call } = await ann.call(roomId, plain);
    await bob.socketIs('here');
    await world.db.query(
      `insert into call.socket select tenant_id, user_id, 'second', device, pod_id from call.socket where user_id = $1`,
      [bob.user.id],
    );
    await bob.accept(call.id, null);
    await bob.socketIs('gone');
    const { rows } = await world.db.query('select gone_at from call.participant where call_id = $1 and user_id = $2', [
      call.id,
      bob.user.id,
    ]);
    expect(rows).toEqual([{ gone_at: null }]);
  });

  it('for somebody who rings and comes back: it is offered again to that device', async () => {
    const { roomId, ann, bob, bobHears } = await makePair(world);
    const { call } = await ann.call(roomId, { payload: 'offer' });
    expect(await bob.socketIs('fresh')).toEqual([bob.connectionId]);
    await bobHears.hears(call.id, `call.offered {"only":"${bob.device ?? ''}"}`);
    await ann.end(call.id);
  });
});

it('takes ten calls of a user a minute, and no more', async () => {
  const { roomId, ann } = await makePair(world);
  for (let n = 0; n < 10; n += 1) await ann.end((await ann.call(roomId)).call.id);
  expect(await refusal(ann.call(roomId))).toBe('rate-limited');
});

it('notes nothing of the sockets of people who are in no call', async () => {
  const nobody = await world.phone('nobody');
  expect(await nobody.socketIs('fresh')).toEqual([]);
  const { rows } = await world.db.query("select 1 from call.socket where user_id = 'nobody'");
  expect(rows).toEqual([]);
});

it('has tenant_id at the head of every key but that of gateways', async () => {
  const { rows } = await world.db.query<{ table: string; first: string }>(
    `select t.relname as table, a.attname as first
       from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
       join pg_namespace n on n.oid = t.relnamespace join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
      where n.nspname = 'call' and x.indisunique`,
  );
  expect(rows.length).toBeGreaterThan(7);
  expect(rows.filter(({ first }) => first !== 'tenant_id').map(({ table }) => table)).toEqual(['pod']);
});
