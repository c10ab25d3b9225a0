import { describe, expect, it } from 'vitest';
import { lineOf, sessionsOf } from './opening.js';

describe('the sessions a token names', () => {
  it('names the new session first and those before it', () => {
    expect(sessionsOf(lineOf('c', sessionsOf(lineOf('b', ['a']))))).toEqual(['c', 'b', 'a']);
  });

  it('keeps the eight newest', () => {
    const line = Array.from({ length: 20 }, (_, index) => `s${index}`).reduce<readonly string[]>(
      (before, id) => sessionsOf(lineOf(id, before)),
      [],
    );
    expect(line).toEqual(['s19', 's18', 's17', 's16', 's15', 's14', 's13', 's12']);
  });
});
