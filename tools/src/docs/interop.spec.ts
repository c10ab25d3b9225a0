import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dialects } from '@parlance/dialect-registry';
import { EVENT_CLASSES, expectationOf } from '@parlance/testing';
import * as prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import { interopPage } from './interop.js';

const file = fileURLToPath(new URL('../../docs/interop.md', import.meta.url));

describe('the interop matrix', () => {
  it('stands in the docs as the tables have it (npm run docs writes it)', async () => {
    const made = await prettier.format(interopPage(), { ...(await prettier.resolveConfig(file)), parser: 'markdown' });
    expect(readFileSync(file, 'utf8')).toBe(made);
  });

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
