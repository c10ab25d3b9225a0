import { dialects } from '@parlance/dialect-registry';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi.js';
import { inferSchema } from './infer-schema.js';

/** What AsyncAPI 3.0 demands of a document, as far as ours uses it. */
const reference = z.strictObject({ $ref: z.string().startsWith('#/') });
const payload = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const asyncApi = z.strictObject({
  asyncapi: z.literal('3.0.0'),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  defaultContentType: z.literal('application/json'),
  channels: z.record(
    z.string(),
    z.strictObject({
      address: z.string(),
      description: z.string(),
      messages: z.record(z.string().regex(/^[\w.-]+$/), reference),
    }),
  ),
  operations: z.record(
    z.string().regex(/^[\w.-]+$/),
    z.strictObject({ action: z.enum(['send', 'receive']), channel: reference, messages: z.array(reference).min(1) }),
  ),
  components: z.strictObject({
    messages: z.record(
      z.string(),
      z.strictObject({
        name: z.string().min(1),
        summary: z.string(),
        payload,
        examples: z.array(z.strictObject({ payload: z.unknown() })).optional(),
      }),
    ),
  }),
});

describe('inferSchema', () => {
  it('requires what every value has, and looks into texts that hold JSON', () => {
    const schema = inferSchema([
      { a: 1, b: '{"c":[true]}' },
      { a: 2, b: '{"c":[]}', d: null },
    ]);
    expect(schema).toEqual({
      type: 'object',
      properties: {
        a: { type: 'integer' },
        b: {
          type: 'string',
          contentMediaType: 'application/json',
          contentSchema: {
            type: 'object',
            properties: { c: { type: 'array', items: { type: 'boolean' } } },
            required: ['c'],
          },
        },
        d: { type: 'null' },
      },
      required: ['a', 'b'],
    });
  });

  it('names the alternatives', () => {
    expect(inferSchema(['a', null])).toEqual({ anyOf: [{ type: 'string' }, { type: 'null' }] });
  });
});

describe.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
  'the AsyncAPI document of %s',
  (_, dialect) => {
    const document = asyncApiDocument(dialect);
    const messages = Object.entries(document.components.messages);

    it('has the form of one, and every reference leads somewhere', () => {
      expect(asyncApi.safeParse(JSON.parse(JSON.stringify(document))).error?.issues ?? []).toEqual([]);
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/messages\/([^"]+)"/g)];
      expect(references.map(([, key]) => key).sort()).toEqual(messages.map(([key]) => key).sort());
    });

    it('has every inbound event with what it accepts', () => {
      const inbound = messages.filter(([key]) => key.startsWith('in-')).map(([, { name }]) => name);
      expect(inbound.sort()).toEqual([...dialect.inbound.keys()].sort());
    });

    it('says of every domain event which frame tells it, or why none does', () => {
      const text = JSON.stringify([document.info.description, messages.map(([, { summary }]) => summary)]);
      for (const type of Object.keys(dialect.outbound)) expect(text).toContain(type);
    });
  },
);
