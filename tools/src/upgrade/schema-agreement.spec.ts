import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchema, Schema } from './json-schema.js';
import { disagreements } from './schema-agreement.js';

const converted = z.object({
  $defs: z.record(z.string(), jsonSchema).default({}),
  properties: z.object({ it: jsonSchema }),
});

function schemaOf(type: z.ZodType): Schema {
  const json = z.toJSONSchema(z.object({ it: type }), { io: 'input', unrepresentable: 'any', reused: 'ref' });
  const { $defs, properties } = converted.parse(json);
  return new Schema(properties.it, $defs);
}

const told = (reader: z.ZodType, writer: z.ZodType): readonly string[] =>
  disagreements(schemaOf(reader), schemaOf(writer));

const base = z.object({
  id: z.string().max(10),
  mood: z.enum(['glad', 'sad']),
  note: z.string().nullable().optional(),
});

interface Tree {
  readonly name: string;
  readonly under: readonly Tree[];
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string(), under: z.array(tree) }));
const listed: z.ZodType = z.lazy(() => z.object({ name: z.number(), under: z.array(listed) }));
const kinds = z.discriminatedUnion('type', [
  z.object({ type: z.literal('a'), x: z.string() }),
  z.object({ type: z.literal('b'), y: z.number() }),
]);

describe('a reader that reads all that is written', () => {
  it.each<[string, z.ZodType, z.ZodType]>([
    ['the same', base, base],
    ['fields it does not know', base.pick({ id: true }), base],
    ['one field more of its own that may be absent', base.extend({ more: z.string().optional() }), base],
    ['one field more with a default', base.extend({ more: z.string().default('x') }), base],
    ['more values', z.enum(['a', 'b', 'c']), z.enum(['a', 'b'])],
    ['a value of a list as a text', z.string(), z.enum(['a', 'b'])],
    ['wider limits', z.string().max(20), z.string().min(1).max(10)],
    ['whole numbers as numbers', z.number(), z.int().min(0).max(9)],
    ['null as well', z.string().nullable(), z.string()],
    ['anything', z.unknown(), base],
    ['one alternative more', z.union([kinds, z.object({ type: z.literal('c') })]), kinds],
    ['trees', tree, tree],
    ['records of less', z.record(z.string(), z.unknown()), z.record(z.string().max(3), z.number())],
    ['pairs', z.tuple([z.string(), z.number()]), z.tuple([z.string(), z.int()])],
  ])('%s', (_, reader, writer) => {
    expect(told(reader, writer)).toEqual([]);
  });
});

describe('a reader that does not', () => {
  it.each<[string, z.ZodType, z.ZodType, string]>([
    ['a field that may be absent now', base, base.partial({ id: true }), '.id: is required, and may be absent'],
    ['a field that is gone', base, base.omit({ mood: true }), '.mood: is required, and may be absent'],
    [
      'a field that is refused',
      z.strictObject({ a: z.string() }),
      z.object({ a: z.string(), b: z.string() }),
      '.b: is written, and refused',
    ],
    ['another value', base, base.extend({ mood: z.enum(['glad', 'angry']) }), '.mood: "angry" is written and not read'],
    ['a text instead of a value', z.enum(['a']), z.string(), ': any value is written, only "a" read'],
    ['another type', z.object({ n: z.number() }), z.object({ n: z.string() }), '.n: string is written, number is read'],
    ['a longer text', z.string().max(5), z.string().max(6), ': maxLength 5 is read, 6 written'],
    ['a text of any length', z.string().max(5), z.string(), ': maxLength 5 is read, no limit written'],
    ['shorter lists', z.array(z.string()).min(2), z.array(z.string()).min(1), ': minItems 2 is read, 1 written'],
    ['another form', z.string().regex(/^a/), z.string().regex(/^b/), ': pattern ^a is read, ^b written'],
    ['null', z.string(), z.string().nullable(), ': null is written, string is read'],
    ['anything', z.string(), z.unknown(), ': could be anything, and is limited'],
    ['other items', z.array(z.number()), z.array(z.string()), '[]: string is written, number is read'],
    ['more places', z.tuple([z.string()]), z.tuple([z.string(), z.string()]), ': 2 places are written, 1 read'],
    [
      'other fields of any name',
      z.record(z.string(), z.number()),
      z.record(z.string(), z.string()),
      '{}: string is written, number is read',
    ],
    [
      'longer names',
      z.record(z.string().max(3), z.number()),
      z.record(z.string(), z.number()),
      '{name}: maxLength 3 is read, no limit written',
    ],
    ['another leaf of a tree', tree, listed, '.name: number is written, string is read'],
    [
      'a value that lies deep',
      z.object({ a: z.array(base) }),
      z.object({ a: z.array(base.partial({ id: true })) }),
      '.a[].id: is required, and may be absent',
    ],
  ])('%s', (_, reader, writer, problem) => {
    expect(told(reader, writer)).toContain(problem);
  });

  it('names what is wrong with the alternative that is meant', () => {
    const changed = z.discriminatedUnion('type', [
      z.object({ type: z.literal('a'), x: z.string(), z: z.string() }),
      z.object({ type: z.literal('b'), y: z.number() }),
    ]);
    expect(told(changed, kinds)).toEqual(['.z: is required, and may be absent']);
  });

  it('misses an alternative', () => {
    expect(told(kinds, z.union([kinds, z.object({ type: z.literal('c') })]))).toEqual([
      ': a form of it is written, and none like it is read',
    ]);
  });
});

describe('a schema', () => {
  it('with a word that is not compared is refused', () => {
    expect(() => jsonSchema.parse({ type: 'array', uniqueItems: true })).toThrow('uniqueItems');
  });

  it('that leads nowhere is an error', () => {
    const lost = new Schema({ $ref: '#/$defs/gone' }, {});
    expect(() => disagreements(lost, lost.at({ type: 'string' }))).toThrow('#/$defs/gone');
  });
});
