import type { Stack } from '@parlance/testing';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { chatsCases } from './chats.cases.js';
import { filesCases } from './files.cases.js';
import { peopleCases } from './people.cases.js';
import { SdkWorld } from './sdk-world.js';
import { talkCases } from './talk.cases.js';

/** The published `@minchat/js` 3.4.0, unmodified, through its whole surface; `stack` is asked when a case runs. */
export function sdkCases(stack: () => Stack): void {
  let world: SdkWorld;
  beforeEach(() => {
    world = new SdkWorld(stack());
  });
  afterEach(async () => {
    await world.close();
    expect(world.malformed).toEqual([]);
  });

  describe('people', () => peopleCases(() => world));
  describe('a conversation', () => talkCases(() => world));
  describe('files', () => filesCases(() => world));
  describe('chats', () => chatsCases(() => world));
}
