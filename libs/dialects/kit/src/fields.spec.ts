import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { numberField, readJson } from './fields.js';

const field = numberField(z.number().int().max(100));

describe('numberField', () => {
  it.each([
    [7, 7],
    ['7', 7],
    ['-1', -1],
    ['1e2', 100],
    ['', 0],
  ])('reads %j as %j', (given, number) => {
    expect(field.parse(given)).toBe(number);
  });

  it.each([['seven'], ['101'], [1.5], ['NaN'], [null], [true], [[]], [['7']], [{ toString: 1 }], [undefined]])(
    'refuses %j',
    (given) => {
      expect(field.safeParse(given).success).toBe(false);
    },
  );

  it('may be absent where a default says so, and is documented as the number it is', () => {
    const query = z.object({ limit: numberField(z.number().int().min(1).default(20)) });
    expect(query.parse({})).toEqual({ limit: 20 });
    expect(z.toJSONSchema(query, { io: 'input' })).toMatchObject({
      properties: { limit: { type: 'integer', minimum: 1, default: 20 } },
    });
  });
});

describe('readJson', () => {
  const text = z.string().transform(readJson);

  it.each([
    ['{"a":[1,null]}', { a: [1, null] }],
    ['"7"', '7'],
    ['null', null],
  ])('reads %j', (given, value) => {
    expect(text.parse(given)).toEqual(value);
  });

  it.each([[''], ['{'], ['undefined'], ['['.repeat(40) + ']'.repeat(40)], ['{"__proto__":{"polluted":true}}']])(
    'refuses %j',
    (given) => {
      expect(text.safeParse(given).success).toBe(false);
    },
  );
});
