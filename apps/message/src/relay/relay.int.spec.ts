import { changedRooms, getHeads, pullLog, roomAddress, userAddress } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { Ear, makeRoom, say, TENANT } from '../testing/test-world.js';

const world = sharedWorld([]);

/** A fact that is committed and never published, as by a service that died in between. */
async function storeSilently(roomId: string, pos: number): Promise<void> {
  await world.query(
    `with moved as (
       update message.room_head set pos = $3, last_at = clock_timestamp() where tenant_id = $1 and room_id = $2 returning last_at)
     insert into message.room_event (tenant_id, room_id, pos, at, prev_at, type, payload)
     select $1, $2, $3, last_at, last_at, 'member.removed', '{"userId":"gone","reason":"left"}' from moved`,
    [TENANT, roomId, pos],
  );
}

describe('the relay', () => {
  it('repeats the head of a fact that nobody published, also to the user it is about', async () => {
    const app = await world.start('message-1');
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const ears = await Promise.all(
      [roomAddress(TENANT, room.id), userAddress(TENANT, 'gone')].map(async (address) => Ear.at(world.bus, address)),
    );
    await storeSilently(room.id, 2);
    for (const ear of ears) {
      await ear.until(({ heads }) => heads.some(({ roomId, pos }) => roomId === room.id && pos === 2));
      expect(ear.facts).toEqual([]);
    }
    await app.close();
  }, 30_000);

  it('takes over from a leader that died, and repeats what that one had not', async () => {
    const first = await world.start('message-1');
    const room = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct' });
    await first.close();
    // The dead leader: its lease runs, nobody renews it.
    await world.query(
      "update message.relay_lease set holder = 'dead', expires_at = clock_timestamp() + interval '3 seconds'",
    );
    await storeSilently(room.id, 2);
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'bob'));
    const second = await world.start('message-2');
    await ear.until(({ heads }) => heads.some(({ pos }) => pos === 2));
    const rows = await world.query("select holder from message.relay_lease where job = 'relay'");
    expect(rows[0]?.holder).not.toBe('dead');
    await second.close();
  }, 30_000);

  it('has one leader among replicas, and can be planted off in a test installation only', async () => {
    await expect(world.start('message-3', { env: { PARLANCE_PLANT: 'relay-off' } })).rejects.toThrow('PARLANCE_ENV');
    const planted = await world.start('message-4', { env: { PARLANCE_PLANT: 'relay-off', PARLANCE_ENV: 'test' } });
    await world.query("update message.relay_lease set holder = 'nobody', expires_at = 'epoch' where job = 'relay'");
    const room = await makeRoom(world.bus, ['ann']);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    await storeSilently(room.id, 2);
    const two = await Promise.all([world.start('message-5'), world.start('message-6')]);
    await ear.until(({ heads }) => heads.length > 0);
    const rows = await world.query(
      "select count(*)::integer as n from message.relay_lease where job = 'relay' and expires_at > now()",
    );
    expect(rows[0]?.n).toBe(1);
    // Two leaders would have repeated it twice by now.
    expect(ear.heads).toHaveLength(1);
    await Promise.all([planted, ...two].map(async (app) => app.close()));
  }, 30_000);

  it('lets a planted bug make two messages of one', async () => {
    const planted = await world.start('planted', { env: { PARLANCE_PLANT: 'dedupe-off', PARLANCE_ENV: 'test' } });
    const room = await makeRoom(world.bus, ['ann']);
    const sent = [];
    for (let time = 0; time < 2; time += 1)
      sent.push(await say(world.bus, room.id, 'ann', 'once', { clientMessageId: 'k' }));
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(2);
    await planted.close();
  });
});

describe('the log', () => {
  it('is pulled by position or time, in pages, and says when it does not reach back', async () => {
    const app = await world.start('message-1');
    const room = await makeRoom(world.bus, ['ann']);
    const sent = [];
    for (let index = 0; index < 6; index += 1) sent.push(await say(world.bus, room.id, 'ann', `m${index}`));
    const pull = async (from: { afterPos?: number; afterTime?: string }, limit = 100) => {
      const { facts, ...rest } = await world.bus.request(pullLog, {
        tenantId: TENANT,
        roomId: room.id,
        limit,
        ...from,
      });
      return { poss: facts.map((fact) => (fact as { pos: number }).pos), ...rest };
    };
    expect(await pull({ afterPos: 0 })).toEqual({ poss: [1, 2, 3, 4, 5, 6, 7], head: 7, truncated: false });
    expect(await pull({ afterPos: 2 }, 2)).toEqual({ poss: [3, 4], head: 7, truncated: false });
    expect(await pull({ afterPos: 7 })).toEqual({ poss: [], head: 7, truncated: false });
    const third = sent[2]?.message.createdAt ?? '';
    const after = sent.filter(({ message }) => message.createdAt > third).map(({ message }) => message.seq + 1);
    expect((await pull({ afterTime: third })).poss).toEqual(after);
    expect(await pull({ afterTime: '2020-01-01T00:00:00.000Z' })).toMatchObject({
      poss: [1, 2, 3, 4, 5, 6, 7],
      truncated: false,
    });
    await world.query('delete from message.room_event where tenant_id = $1 and room_id = $2 and pos < 4', [
      TENANT,
      room.id,
    ]);
    expect(await pull({ afterPos: 1 })).toEqual({ poss: [4, 5, 6, 7], head: 7, truncated: true });
    expect(await pull({ afterPos: 3 })).toMatchObject({ poss: [4, 5, 6, 7], truncated: false });
    expect(await pull({ afterTime: '2020-01-01T00:00:00.000Z' })).toMatchObject({ truncated: true });
    await world.query('delete from message.room_event where tenant_id = $1 and room_id = $2', [TENANT, room.id]);
    expect(await pull({ afterPos: 3 })).toEqual({ poss: [], head: 7, truncated: true });
    await app.close();
  });

  it('tells heads, and which rooms of some users changed since a time', async () => {
    const app = await world.start('message-1');
    const quiet = await makeRoom(world.bus, ['lea', 'ann']);
    const { asOf } = await world.bus.request(getHeads, { tenantId: TENANT, roomIds: [] });
    await world.query("update message.room_head set last_at = last_at - interval '1 hour' where room_id = $1", [
      quiet.id,
    ]);
    const busy = await makeRoom(world.bus, ['lea', 'ann']);
    await makeRoom(world.bus, ['ann']);
    await say(world.bus, busy.id, 'ann', 'x');
    const { heads } = await world.bus.request(getHeads, { tenantId: TENANT, roomIds: [busy.id, 'unknown'] });
    expect(heads).toMatchObject([{ roomId: busy.id, pos: 2 }]);
    const changed = await world.bus.request(changedRooms, {
      tenantId: TENANT,
      userIds: ['lea', 'nobody'],
      since: asOf,
    });
    expect(changed).toMatchObject({ heads, complete: true });
    await app.close();
  });
});
