// needs: redis-server, nats-server
// takes: 70 s
import { startCluster, startStandalone, type Stack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { LIMITS } from '../settings.js';
import { interopCases } from './interop.cases.js';

describe.each([
  ['standalone', () => startStandalone({ env: LIMITS })],
  ['cluster', () => startCluster({ env: LIMITS })],
] as const)('interop in %s mode', (_, start) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await start();
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  interopCases(() => stack);
});
