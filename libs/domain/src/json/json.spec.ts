import { describe, expect, it } from 'vitest';
import { jsonProblem } from './json.js';

const bounds = { depth: 3, nodes: 10 };

describe('jsonProblem', () => {
  it.each([
    ['a scalar', 'hello'],
    ['null', null],
    ['nesting up to the bound', { a: { b: [1] } }],
    ['binary as one leaf', { file: new Uint8Array(1_000) }],
  ])('accepts %s', (_, value) => {
    expect(jsonProblem(value, bounds)).toBeNull();
  });

  it.each([
    ['one level too deep', { a: { b: { c: {} } } }, 'nested deeper than 3'],
    ['too many values', Array.from({ length: 11 }, () => 0), 'more than 10 values'],
    ['an own __proto__ key', JSON.parse('{"a":{"__proto__":{"x":1}}}'), '__proto__'],
    ['a constructor key', { constructor: 1 }, 'constructor'],
    ['a toString of its own', { length: { toString: null } }, 'toString'],
    ['a NUL in a text', ['a\u0000b'], 'NUL'],
    ['a NUL in a key', { 'a\u0000': 1 }, 'reserved key'],
    ['half a character in a text', ['a\ud83d'], 'half a character'],
    ['half a character in a key', { '\ude00': 1 }, 'reserved key'],
  ])('refuses %s', (_, value, problem) => {
    expect(jsonProblem(value, bounds)).toContain(problem);
  });
});
