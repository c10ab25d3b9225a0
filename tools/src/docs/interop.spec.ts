import { dialects } from '@parlance/dialect-registry';
import { EVENT_CLASSES, expectationOf } from '@parlance/testing';
import { describe, expect, it } from 'vitest';

describe('the interop matrix', () => {
  it.each(dialects.flatMap((dialect) => EVENT_CLASSES.map((one) => [dialect.name, one.name, dialect, one] as const)))(
    'says of %s what is seen of %s, or why nothing is',
    (_, __, dialect, one) => {
      const expectation = expectationOf(dialect, one);
      const said = 'frames' in expectation ? expectation.frames : expectation.reasons;
      expect(said.length).toBeGreaterThan(0);
      for (const text of said) expect(text.length).toBeGreaterThan(2);
    },
  );
});
