import { dialects } from '@parlance/dialect-registry';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { companionSurfaces } from '../http/surface.js';
import { nativeSurface } from '../native/native.surface.js';
import { openApiDocument, templateOf, type Operation } from './document.js';

const companions = companionSurfaces(dialects);
const document = openApiDocument(nativeSurface.routes, companions);
const routes = [...nativeSurface.routes, ...companions.flatMap((companion) => companion.routes)];

/** What OpenAPI 3.1 demands of a document, as far as ours uses it. */
const schema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
const content = z.record(z.string().regex(/^\w+\/[\w.+-]+$/), z.object({ schema }));
const operation = z.strictObject({
  operationId: z.string().regex(/^[\w-]+$/),
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(
    z.union([
      z.strictObject({ name: z.string().min(1), in: z.literal('path'), required: z.literal(true), schema }),
      z.strictObject({ name: z.string().min(1), in: z.literal('query'), required: z.boolean(), schema }),
    ]),
  ),
  requestBody: z.strictObject({ content }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5]\d\d|default)$/),
    z.strictObject({ description: z.string().min(1), content: content.optional() }),
  ),
});
const openApi = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(z.enum(['get', 'put', 'post', 'patch', 'delete']), operation.optional()),
  ),
  components: z.object({ schemas: z.record(z.string(), schema), securitySchemes: z.record(z.string(), z.unknown()) }),
});

function operations(): readonly (readonly [string, Operation])[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.values(item).map((one): readonly [string, Operation] => [path, one]),
  );
}

describe('the OpenAPI document', () => {
  it('has the form of one', () => {
    expect(openApi.safeParse(JSON.parse(JSON.stringify(document))).error?.issues ?? []).toEqual([]);
  });

  it('has every route that is served, and no other', () => {
    expect(companions.length).toBeGreaterThan(0);
    for (const route of routes) {
      expect(document.paths[templateOf(route.path)]?.[route.method]?.summary, route.path).toBe(route.summary);
    }
    expect(operations()).toHaveLength(routes.length);
  });

  it('names each parameter of a path, and each operation once', () => {
    for (const [path, { parameters }] of operations()) {
      const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(inPath, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says what may be sent and what comes back', () => {
    const send = document.paths['/api/v1/rooms/{id}/messages']?.['post'];
    expect(send?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { properties: { text: {}, senderId: {}, attachment: {} } } } },
    });
    expect(send?.responses).toMatchObject({
      201: { content: { 'application/json': { schema: { required: expect.arrayContaining(['id', 'seq']) } } } },
      default: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    });
    expect(JSON.stringify(send?.responses)).not.toContain('extras');
    const list = document.paths['/api/v1/rooms/{id}/messages']?.['get'];
    expect(list?.parameters).toContainEqual(
      expect.objectContaining({
        name: 'limit',
        in: 'query',
        required: false,
        schema: expect.objectContaining({ maximum: 200 }),
      }),
    );
  });
});
