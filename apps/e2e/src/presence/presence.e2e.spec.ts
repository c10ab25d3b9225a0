// needs: redis-server, nats-server
// takes: 106 s
import { startCluster, startStandalone, type Stack } from '@parlance/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../settings.js';
import { PresencePlay } from './presence-play.js';

function cases(stack: () => Stack, seeds: readonly number[], victims: readonly string[]): void {
  it.each(seeds)('equals the truth after random connects, cuts and goodbyes (seed %i)', async (seed) => {
    const play = await PresencePlay.open(stack(), `random-${seed}-${Date.now().toString(36)}`);
    await play.random(seed);
    console.info(`${stack().mode}, seed ${seed}: right ${await play.settled()} ms after the last deed`);
    await play.end();
  });

  it.each(victims)('equals the truth after %s was killed and half of the people stay away', async (victim) => {
    const play = await PresencePlay.open(stack(), `${victim}-${Date.now().toString(36)}`);
    await play.connectAll(0);
    await play.settled();
    const struckAt = Date.now();
    await Promise.all([stack().strike(victim), play.leave(3)]);
    await play.settled();
    console.info(`${stack().mode}: right ${Date.now() - struckAt} ms after ${victim} was killed`);
    await play.end();
  });
}

describe('presence in standalone mode', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStandalone({ env: LIMITS });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  cases(() => stack, [1], ['process']);
});

describe('presence in cluster mode', () => {
  let stack: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => {
    stack = await startCluster({ env: LIMITS });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  cases(() => stack, [2], ['gateway-0', 'presence-0']);

  it('equals the truth after Redis was wiped while people came and went', async () => {
    const play = await PresencePlay.open(stack, `wiped-${Date.now().toString(36)}`);
    await play.connectAll(1);
    await play.settled();
    const redis = new Redis(stack.status.redis?.url ?? '');
    await redis.flushall();
    await play.leave(2);
    await play.random(9);
    console.info(`cluster: right ${await play.settled()} ms after the last deed, Redis wiped before`);
    await redis.flushall();
    console.info(`cluster: right ${await play.settled()} ms after Redis was wiped`);
    redis.disconnect();
    await play.end();
  });
});
