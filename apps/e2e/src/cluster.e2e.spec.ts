// needs: redis-server, nats-server
// takes: 207 s
import { describeVerdict, startCluster, type Stack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chaosRun, quietRooms } from './chaos.js';
import { conversationPlays } from './conversation.cases.js';
import { ALL_WELL, chaosSeeds, LIMITS } from './settings.js';

const SEEDS = chaosSeeds(200, 20);
const VICTIMS = ['message-0', 'message-1', 'gateway-0', 'gateway-1', 'nats'];

describe('cluster', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startCluster({ env: { ...LIMITS, PARLANCE_FAULT_SEED: '3' } });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  conversationPlays(() => stack);

  it('delivers the only message of a room although the bus loses some', async () => {
    expect(describeVerdict(await quietRooms(stack, 40))).toBe(ALL_WELL);
  });

  it.each(SEEDS)(
    'loses nothing when services, gateways and NATS are killed in mid-traffic, the bus erring too (seed %i)',
    async (seed) => {
      const { verdict, acked, struck } = await chaosRun(stack, { seed, victims: VICTIMS, strikes: 2 });
      expect(describeVerdict(verdict)).toBe(ALL_WELL);
      expect(struck).toHaveLength(2);
      expect(acked).toBeGreaterThan(0);
    },
  );
});
