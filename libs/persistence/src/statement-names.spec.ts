import { expect, test } from 'vitest';
import { MAX_NAMED_STATEMENTS, StatementNames } from './statement-names.js';

test('names a statement from its second use on and keeps the name', () => {
  const names = new StatementNames();
  expect(names.nameOf('SELECT 1')).toBe('');
  const name = names.nameOf('SELECT 1');
  expect(name).not.toBe('');
  expect(names.nameOf('SELECT 1')).toBe(name);
});

test('never gives out more names than its bound', () => {
  const names = new StatementNames();
  const given = new Set<string>();
  for (let n = 0; n < MAX_NAMED_STATEMENTS * 3; n += 1) {
    names.nameOf(`SELECT ${n}`);
    given.add(names.nameOf(`SELECT ${n}`));
  }
  given.delete('');
  expect(given.size).toBe(MAX_NAMED_STATEMENTS);
});

test('statements that come once do not use up the names of those that return', () => {
  const names = new StatementNames();
  for (let n = 0; n < MAX_NAMED_STATEMENTS * 10; n += 1) names.nameOf(`SELECT ${n}`);
  names.nameOf('SELECT hot()');
  expect(names.nameOf('SELECT hot()')).not.toBe('');
});
