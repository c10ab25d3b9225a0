import { describe, expect, it } from 'vitest';
import { dialectNamed, dialectOfEvent, dialects } from './index.js';

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('the dialects together', () => {
  it('have names of their own', () => {
    expect(dialects.length).toBeGreaterThan(1);
    expect(repeated(dialects.map(({ name }) => name))).toEqual([]);
  });

  it('share no inbound event, so that a first event tells the dialect', () => {
    expect(repeated(dialects.flatMap(({ inbound }) => [...inbound.keys()]))).toEqual([]);
  });

  it('share no REST root, nor does one lie inside another', () => {
    const roots = dialects.flatMap(({ http }) => http?.roots ?? []);
    for (const root of roots) {
      expect(roots.filter((other) => `${other}/`.startsWith(`${root}/`))).toEqual([root]);
    }
  });
});

describe('looking a dialect up', () => {
  it('finds each by its name', () => {
    for (const dialect of dialects) expect(dialectNamed(dialect.name)).toBe(dialect);
  });

  it('finds each by any of its events', () => {
    for (const dialect of dialects) {
      for (const event of dialect.inbound.keys()) expect(dialectOfEvent(event)).toBe(dialect);
    }
  });

  it.each(['', 'nobody', '__proto__', 'constructor', 'toString'])('finds nothing for %j', (word) => {
    expect(dialectNamed(word)).toBeNull();
    expect(dialectOfEvent(word)).toBeNull();
  });
});
