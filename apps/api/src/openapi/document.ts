import type { HttpRoute } from '@parlance/dialect-kit';
import type { Surface } from '../http/surface.js';
import { errorAnswer } from '../native/native.answers.js';
import type { Answers, NativeRoute } from '../native/native.route.js';
import { fieldsOf, jsonSchemaOf, type JsonSchema } from './json-schema.js';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

const DESCRIPTION =
  'The native API (`/api/v1`) with a secret key or a user token as bearer, and the REST companions of the dialects, ' +
  'which answer in their own shapes.';

const MEDIA: Readonly<Record<Exclude<HttpRoute['body'], 'none'>, readonly string[]>> = {
  json: ['application/json'],
  form: ['multipart/form-data', 'application/x-www-form-urlencoded', 'application/json'],
};

/** Describes every route there is, from the tables that serve them. */
export function openApiDocument(native: readonly NativeRoute[], companions: readonly Surface[]): OpenApiDocument {
  const nativeEntries = native.map(
    (route) => [route, operationOf(route, route.tag, nativeResponses(route.answers))] as const,
  );
  const companionEntries = companions.flatMap(({ name, routes }) =>
    routes.map((route) => [route, operationOf(route, name, COMPANION_RESPONSES)] as const),
  );
  return {
    openapi: '3.1.0',
    info: { title: 'Parlance', version: '1', description: DESCRIPTION },
    paths: pathsOf([...nativeEntries, ...companionEntries]),
    components: {
      securitySchemes: { credential: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: jsonSchemaOf(errorAnswer, 'output') },
    },
  };
}

/** Express writes `/rooms/:id`, OpenAPI `/rooms/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function pathsOf(entries: readonly (readonly [HttpRoute, Operation])[]): OpenApiDocument['paths'] {
  const paths = new Map<string, Record<string, Operation>>();
  for (const [{ path, method }, operation] of entries) {
    const template = templateOf(path);
    paths.set(template, { ...paths.get(template), [method]: operation });
  }
  return Object.fromEntries(paths);
}

function operationOf(route: HttpRoute, tag: string, responses: Operation['responses']): Operation {
  const { properties = {} } = jsonSchemaOf(route.schema, 'input');
  const body = properties['body'];
  return {
    operationId: `${route.method}${templateOf(route.path).replaceAll(/\W+/g, '-')}`.replace(/-$/, ''),
    summary: route.summary,
    tags: [tag],
    security: [{ credential: [] }],
    parameters: [...pathParameters(route, properties['params']), ...queryParameters(properties['query'])],
    ...(route.body === 'none' ? {} : { requestBody: { content: contentOf(MEDIA[route.body], body ?? {}) } }),
    responses,
  };
}

function pathParameters({ path }: HttpRoute, schema: JsonSchema | undefined): readonly Parameter[] {
  const schemas = new Map(fieldsOf(schema).map(([name, field]) => [name, field]));
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: schemas.get(name) ?? { type: 'string' },
  }));
}

function queryParameters(schema: JsonSchema | undefined): readonly Parameter[] {
  return fieldsOf(schema).map(([name, field, required]) => ({ name, in: 'query', required, schema: field }));
}

function contentOf(media: readonly string[], schema: JsonSchema): Readonly<Record<string, unknown>> {
  return Object.fromEntries(media.map((type) => [type, { schema }]));
}

function nativeResponses(answers: Answers): Operation['responses'] {
  const fine = Object.entries(answers).map(([status, schema]): [string, unknown] => [
    status,
    schema === null
      ? { description: 'Done.' }
      : { description: 'Done.', content: contentOf(MEDIA.json, jsonSchemaOf(schema, 'output')) },
  ]);
  const refused = { description: 'Refused.', content: contentOf(MEDIA.json, { $ref: '#/components/schemas/Error' }) };
  return { ...Object.fromEntries(fine), default: refused };
}

const COMPANION_RESPONSES: Operation['responses'] = {
  200: { description: 'Done, in the shape of the dialect.' },
  default: { description: 'Refused, in the shape of the dialect.' },
};
