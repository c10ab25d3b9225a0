import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { StartupError, startupLine } from './startup-error.js';

describe('startupLine', () => {
  it.each([
    [
      'a known problem',
      new StartupError('the folder is not writable', 'Choose another'),
      'the folder is not writable. Choose another.',
    ],
    ['a coded error', new ParlanceError('unavailable', 'NATS does not answer.'), 'NATS does not answer.'],
  ])('shows %s as it is', (_, error, expected) => {
    expect(startupLine('toy', error)).toBe(`parlance toy: ${expected}`);
  });

  it.each([
    ['many lines', new Error('first\nsecond'), 'first'],
    [
      'a refused connection',
      new AggregateError([Object.assign(new Error(''), { code: 'ECONNREFUSED' })]),
      'ECONNREFUSED',
    ],
    ['something that is no error', 'odd', 'odd'],
  ])('makes one line of %s and says how to learn more', (_, error, expected) => {
    expect(startupLine('toy', error)).toBe(
      `parlance toy: ${expected}. Start it with LOG_LEVEL=debug to see where this comes from.`,
    );
  });

  it('shows no credentials and is never endless', () => {
    const line = startupLine('toy', new Error(`connect postgres://u:hunter2@h/x ${'y'.repeat(5_000)}`));
    expect(line).not.toContain('hunter2');
    expect(line.length).toBeLessThan(700);
  });
});
