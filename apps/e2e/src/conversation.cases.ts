import type { Stack } from '@parlance/testing';
import { expect, it } from 'vitest';
import { conversation } from './conversation.js';

/** The same conversation in every mode; `stack` is asked when a case runs. */
export function conversationPlays(stack: () => Stack): void {
  it.each(['direct', 'group'] as const)(
    'lets unmodified clients of two vendors converse in a %s room',
    async (kind) => {
      const seen = await conversation(stack(), kind);
      expect(seen.acked).toEqual(['acked', 'acked', 'acked']);
      expect(seen.numericSide.map(words)).toEqual(['hello', 'hello yourself', 'how is it going']);
      expect(seen.stringSide.map(words)).toEqual(['hello', 'hello yourself', 'how is it going']);
      expect(seen.typing).toBe('ann');
      expect(words(seen.edited ?? '')).toBe('hello, edited');
      expect(seen.read).toBe(seen.messageId);
      expect(seen.deleted).toBe(seen.messageId);
    },
  );
}

/** A text without the key that the history knows it by. */
function words(text: string): string {
  return text.replace(/ \[#.*\]$/, '');
}
