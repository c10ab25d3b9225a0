// needs: redis-server
import { startRedis, type PrivateServer } from '@parlance/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisPresenceStore } from './redis.store.js';
import { storeConformance } from './store.conformance.js';
import { TIMES } from './store.fixture.js';

let server: PrivateServer;
let admin: Redis;
beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

let stores = 0;

async function aStore(namespace: string, aheadMs = () => 0): Promise<RedisPresenceStore> {
  const store = new RedisPresenceStore({ url: server.url, times: TIMES, log: () => undefined, aheadMs, namespace });
  await store.ready(5_000);
  return store;
}

storeConformance('Redis', async () => {
  let ahead = 0;
  const store = await aStore(`spec-${(stores += 1)}`, () => ahead);
  const wipe = async (): Promise<void> => {
    await admin.flushall();
  };
  return { store, pass: (ms) => (ahead += ms), wipe };
});

describe('Redis', () => {
  it('leaves nothing behind of those who are gone and told', async () => {
    await admin.flushall();
    let ahead = 0;
    const store = await aStore('left-over', () => ahead);
    const joined = Array.from({ length: 50 }, (_, n) => ({ tenantId: 't', userId: `u${n}`, connectionId: `c${n}` }));
    await store.report({ leaseId: 'g1', seq: 1, begins: true, joined, left: [] });
    await store.settle(await store.take(100));
    ahead += 20_000;
    while ((await store.sweep(20)) !== null);
    ahead += 5_000;
    await store.settle(await store.take(100));
    expect(await admin.keys('*')).toEqual([]);
    await store.close();
  });

  it('shares everything between two replicas, and a claim goes to one of them', async () => {
    const [one, other] = [await aStore('shared'), await aStore('shared')];
    const joined = Array.from({ length: 40 }, (_, n) => ({ tenantId: 't', userId: `u${n}`, connectionId: `c${n}` }));
    await one.report({ leaseId: 'g1', seq: 1, begins: true, joined, left: [] });
    const claims = await Promise.all([one.take(25), other.take(25)]);
    expect(new Set(claims.flat().map(({ userId }) => userId)).size).toBe(40);
    expect(claims.flat()).toHaveLength(40);
    expect((await other.online('t', ['u1', 'u39', 'nobody'])).size).toBe(2);
    await Promise.all([one.close(), other.close()]);
  });

  it('answers unavailable while it is away, and comes back by itself', async () => {
    const lone = await startRedis();
    const store = new RedisPresenceStore({ url: lone.url, times: TIMES, log: () => undefined });
    await store.ready(5_000);
    await lone.kill9();
    await expect(store.online('t', ['a'])).rejects.toMatchObject({ code: 'unavailable' });
    await lone.restart();
    await expect.poll(() => store.recovery().catch(() => 'away'), { timeout: 10_000 }).toBe('waiting');
    await store.close();
    await lone.stop();
  });
});
