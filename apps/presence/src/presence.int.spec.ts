// needs: redis-server
// takes: 26 s
import { findPresence, introducePeers } from '@parlance/contracts';
import { startRedis, type PrivateServer } from '@parlance/testing';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPresenceWorld, TENANT, type PresenceWorld } from './presence.fixture.js';

const QUICK = { PARLANCE_PRESENCE_GRACE: '200ms', PARLANCE_PRESENCE_LEASE: '6s' };
/** A limit against hanging; nothing here is measured. */
const PATIENCE = { timeout: 40_000, interval: 20 };

let server: PrivateServer;
let world: PresenceWorld;
let admin: Redis;
beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await admin.flushall();
  world = await openPresenceWorld();
});
afterEach(() => world.close());

async function lastSeen(userId: string): Promise<number> {
  const { lastSeenAt } = await world.bus.request(findPresence, { tenantId: TENANT, userIds: [userId], lastSeen: true });
  return Date.parse(lastSeenAt[0]?.at ?? '1970-01-01T00:00:00Z');
}

const catalog = () => world.persistence.prisma.$queryRaw<{ first: string }[]>`
  select a.attname as first from pg_index x
    join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
   where n.nspname = 'presence'`;

describe('two replicas on one Redis', () => {
  it('tell the people of a room once who came and went, and keep when somebody was last seen', async () => {
    const env = { ...QUICK, REDIS_URL: server.url };
    await Promise.all([world.start('presence-0', env), world.start('presence-1', env)]);
    expect((await catalog()).map(({ first }) => first)).toEqual(['tenant_id', 'tenant_id']);
    world.rooms.set('r1', ['ann', 'bob']).set('r2', ['ann', 'bob', 'cleo']).set('r3', ['dan', 'eve']);
    world.rooms.set('crowd', ['ann', 'eve', ...Array.from({ length: 100 }, (_, n) => `c${n}`)]);
    const [toAnn, toCleo, toEve] = [await world.hear('ann'), await world.hear('cleo'), await world.hear('eve')];
    const [one, two] = [world.gateway('g1'), world.gateway('g2')];
    await one.begin('ann', 'eve');
    await expect.poll(() => world.online('ann', 'eve'), PATIENCE).toEqual(['ann', 'eve']);
    await two.begin('bob');
    await expect.poll(() => toAnn, PATIENCE).toEqual(['bob on via r1,r2']);
    // Cleo is not there to hear; Eve shares a room with Ann alone that is too large.
    expect([toCleo, toEve]).toEqual([[], []]);
    const before = Date.now();
    await two.leave('bob');
    expect(await world.online('bob')).toEqual([]);
    await expect.poll(() => toAnn, PATIENCE).toEqual(['bob on via r1,r2', 'bob off via r1,r2']);
    await expect.poll(() => lastSeen('bob'), PATIENCE).toBeGreaterThanOrEqual(before - 5);
    await expect.poll(() => Date.parse(world.noted.get('bob') ?? ''), PATIENCE).toBeGreaterThanOrEqual(before - 5);
    expect(await lastSeen('cleo')).toBe(0);
    // A gateway that says nothing any more, and one that says goodbye.
    await two.join('bob', 'cleo');
    await expect.poll(() => toAnn.slice(2).sort(), PATIENCE).toEqual(['bob on via r1,r2', 'cleo on via r2']);
    await one.end();
    expect(await world.online('ann', 'eve', 'bob')).toEqual(['bob']);
    await expect.poll(() => world.online('bob', 'cleo'), PATIENCE).toEqual([]);
    await expect.poll(() => lastSeen('cleo'), PATIENCE).toBeGreaterThan(before);
    expect(await two.join('bob')).toBe(false);
  });

  it('are right again after Redis forgot everything, also of whom nobody is left to tell', async () => {
    const env = { ...QUICK, REDIS_URL: server.url };
    await world.start('presence-0', env);
    world.rooms.set('r1', ['ann', 'bob', 'cleo']);
    const toAnn = await world.hear('ann');
    const [one, two] = [world.gateway('g1'), world.gateway('g2')];
    await one.begin('ann', 'bob');
    await two.begin('cleo');
    await expect.poll(() => toAnn.includes('cleo on via r1'), PATIENCE).toBe(true);
    await admin.flushall();
    expect(await world.online('ann', 'bob', 'cleo')).toEqual([]);
    expect(await one.join()).toBe(false);
    // Bob went while nothing was known, and Cleo's gateway died with it.
    expect(await one.begin('ann')).toBe(true);
    await one.leave('bob');
    expect(await world.online('ann', 'bob', 'cleo')).toEqual(['ann']);
    const beating = setInterval(() => void one.join(), 1_000);
    await expect
      .poll(() => toAnn.filter((line) => line.includes('off')).sort(), PATIENCE)
      .toEqual(['bob off via r1', 'cleo off via r1']);
    clearInterval(beating);
    expect(toAnn.filter((line) => line.startsWith('ann'))).toEqual([]);
  });
});

describe('a crowd that goes at once', () => {
  it('is written down although the service stops as soon as it has told', async () => {
    const replica = await world.start('presence', QUICK);
    const crowd = Array.from({ length: 120 }, (_, n) => `c${n}`);
    for (const id of crowd) world.rooms.set(`with ${id}`, ['ann', id]);
    const toAnn = await world.hear('ann');
    const gateway = world.gateway('g1');
    await gateway.begin('ann', ...crowd);
    const online = { where: { online: true } };
    await expect.poll(() => world.persistence.prisma.userPresence.count(online), PATIENCE).toBe(121);
    await gateway.leave(...crowd);
    const wentBy = (line: string) => line.includes(' off via with c');
    await expect.poll(() => toAnn.filter(wentBy).length, PATIENCE).toBe(120);
    await replica.close();
    expect(await world.persistence.prisma.userPresence.count(online)).toBe(1);
    expect(world.noted.size).toBe(120);
  });
});

describe('a newcomer', () => {
  it('is told who is there and who went lately, and nobody else is', async () => {
    await world.start('presence', QUICK);
    world.rooms.set('r1', ['ann', 'bob', 'cleo', 'dan']).set('r2', ['ann', 'bob']).set('r3', ['bob', 'eve']);
    const gateway = world.gateway('g1');
    await gateway.begin('bob', 'cleo', 'eve');
    await gateway.leave('cleo');
    const offline = { where: { userId: 'cleo', online: false } };
    await expect.poll(() => world.persistence.prisma.userPresence.count(offline), PATIENCE).toBe(1);
    const [toAnn, toBob] = [await world.hear('ann'), await world.hear('bob')];
    await world.bus.request(introducePeers, { tenantId: TENANT, userIds: ['ann', 'stranger'] });
    await expect.poll(() => [...toAnn].sort(), PATIENCE).toEqual(['bob on via r1,r2', 'cleo off via r1']);
    expect(toBob).toEqual([]);
  });

  it('is told of whoever goes again before anybody else was told of them', async () => {
    await world.start('presence', QUICK);
    world.rooms.set('r1', ['ann', 'bob']);
    const gateway = world.gateway('g1');
    await gateway.begin('ann');
    const toAnn = await world.hear('ann');
    const introduceAnn = () => world.bus.request(introducePeers, { tenantId: TENANT, userIds: ['ann'] });
    await introduceAnn();
    await expect.poll(() => world.persistence.prisma.userPresence.count({ where: { online: true } }), PATIENCE).toBe(1);
    await gateway.join('bob');
    await introduceAnn();
    await gateway.leave('bob');
    await expect.poll(() => toAnn[0], PATIENCE).toBe('bob on via r1');
    await expect.poll(() => toAnn.at(-1), PATIENCE).toBe('bob off via r1');
  });
});

describe('alone', () => {
  it('writes down whom its only gateway leaves behind, and finds those who went with a crash when it starts again', async () => {
    const before = Date.now();
    const first = await world.start('presence', QUICK);
    const gateway = world.gateway('g1');
    await gateway.begin('ann', 'bob');
    await expect.poll(() => world.persistence.prisma.userPresence.count({ where: { online: true } }), PATIENCE).toBe(2);
    await gateway.leave('bob');
    await gateway.end();
    expect(await world.persistence.prisma.userPresence.count({ where: { online: true } })).toBe(0);
    expect(await lastSeen('bob')).toBeGreaterThanOrEqual(before - 5);
    await first.close();
    await world.persistence.prisma.userPresence.updateMany({ where: { userId: 'bob' }, data: { online: true } });
    await world.start('presence again', QUICK);
    await expect.poll(() => world.persistence.prisma.userPresence.count({ where: { online: true } }), PATIENCE).toBe(0);
  });
});
