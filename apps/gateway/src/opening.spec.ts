import { describe, expect, it } from 'vitest';
import { dialectAt, lineOf, sessionsOf } from './opening.js';
import { aDialect } from './parts.fixture.js';

describe('the sessions a token names', () => {
  it('names the new session first and those before it', () => {
    expect(sessionsOf(lineOf('c', sessionsOf(lineOf('b', ['a'], null)), null))).toEqual(['c', 'b', 'a']);
  });

  it('names, of those before it, only the one that was found: it continues the others', () => {
    expect(sessionsOf(lineOf('d', ['c', 'b', 'a'], 'b'))).toEqual(['d', 'b']);
  });

  it('keeps the eight newest', () => {
    const line = Array.from({ length: 20 }, (_, index) => `s${index}`).reduce<readonly string[]>(
      (before, id) => sessionsOf(lineOf(id, before, null)),
      [],
    );
    expect(line).toEqual(['s19', 's18', 's17', 's16', 's15', 's14', 's13', 's12']);
  });
});

describe('the dialect of a handshake', () => {
  const marked = { ...aDialect('marked'), opening: { ...aDialect('marked').opening, marks: () => true } };
  const dialects = [aDialect('plain'), marked];
  const handshake = (query: Readonly<Record<string, string>>, auth = {}) => ({ headers: {}, query, auth });

  it.each([
    ['its namespace', '/plain', handshake({ EIO: '4' }), 'plain'],
    ['what it says in auth', '/', handshake({ EIO: '4' }, { dialect: 'plain' }), 'plain'],
    ['what it says in the query', '/', handshake({ EIO: '3', dialect: 'plain' }), 'plain'],
    ['marks', '/', handshake({ EIO: '4' }), 'marked'],
  ])('is told by %s', (_, namespace, one, name) => {
    expect(dialectAt(namespace, one, dialects)?.name).toBe(name);
  });

  it('is not told by marks in the root namespace of a client of the 2.x era, who is there on the way to any other', () => {
    expect(dialectAt('/', handshake({ EIO: '3' }), dialects)).toBeNull();
  });
});
