// needs: redis-server, nats-server
// takes: 45 s
import { startStack, STACK_MODES, type Stack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { gatheringCases } from './gathering.cases.js';
import { sdkCases } from './sdk/sdk.cases.js';
import { LIMITS } from './settings.js';

describe.each(STACK_MODES)('unmodified clients in %s mode', (mode) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(mode, { env: LIMITS });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  describe('all five', () => gatheringCases(() => stack));
  describe('the published MinChat SDK', () => sdkCases(() => stack));
});
