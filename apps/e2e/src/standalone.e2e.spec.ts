// takes: 85 s
import { describeVerdict, startStandalone, type Stack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chaosRun, quietRooms } from './chaos.js';
import { ALL_WELL, chaosSeeds, LIMITS } from './settings.js';
import { conversationPlays } from './conversation.cases.js';

const SEEDS = chaosSeeds(100, 4);
const QUIET_ROOMS = 80;

describe('standalone', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStandalone({ env: { ...LIMITS, PARLANCE_FAULT_SEED: '1' } });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  conversationPlays(() => stack);

  it('delivers the only message of a room although the bus loses some', async () => {
    expect(describeVerdict(await quietRooms(stack, QUIET_ROOMS))).toBe(ALL_WELL);
  });

  it.each(SEEDS)(
    'loses nothing when the process is killed in mid-traffic, the bus erring too (seed %i)',
    async (seed) => {
      const { verdict, acked, struck } = await chaosRun(stack, { seed, victims: stack.victims, strikes: 1 });
      expect(describeVerdict(verdict)).toBe(ALL_WELL);
      expect(struck).toHaveLength(1);
      expect(acked).toBeGreaterThan(0);
    },
  );
});

/** Side by side: each mostly waits for what never comes. */
describe.concurrent('the history checker', () => {
  async function planted(
    plant: string,
    play: (stack: Stack) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const stack = await startStandalone({ env: { ...LIMITS, PARLANCE_FAULT_SEED: '2', PARLANCE_PLANT: plant } });
    try {
      return await play(stack);
    } finally {
      await stack.stop();
    }
  }

  const rulesOf = async (stack: Stack): Promise<readonly string[]> => {
    const { verdict } = await chaosRun(stack, {
      seed: 7,
      victims: [],
      strikes: 0,
      settleMs: 8_000,
      patienceMs: 3_000,
      repeats: 1,
    });
    return verdict.problems.map((problem) => problem.rule);
  };

  it('catches a gateway that does not put facts in order', async ({ expect }) => {
    expect(await planted('sequencer-off', rulesOf)).toContain('gap');
  });

  it('catches a message service that does not know repeated sends', async ({ expect }) => {
    expect(await planted('dedupe-off', rulesOf)).toContain('stored-twice');
  });

  it('catches a relay that does not repeat heads', async ({ expect }) => {
    const rules = await planted('relay-off', async (stack) =>
      (await quietRooms(stack, QUIET_ROOMS, 8_000)).problems.map((problem) => problem.rule),
    );
    expect(rules).toContain('not-delivered');
  });
});
