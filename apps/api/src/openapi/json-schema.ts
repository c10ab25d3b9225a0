import { z } from 'zod';

/** A JSON schema, as far as it is read here. */
export interface JsonSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly [keyword: string]: unknown;
}

const schemaShape: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    properties: z.record(z.string(), schemaShape).optional(),
    required: z.array(z.string()).optional(),
    anyOf: z.array(schemaShape).optional(),
  }),
);

/** How a zod schema reads as JSON schema 2020-12, the dialect of OpenAPI 3.1. `input`: what may be sent, before defaults. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = schemaShape.parse(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
  return json;
}

/** The fields of an object, or of any of its alternatives; required where every alternative requires it. */
export function fieldsOf(schema: JsonSchema | undefined): readonly (readonly [string, JsonSchema, boolean])[] {
  const shapes = schema === undefined ? [] : (schema.anyOf ?? [schema]);
  const names = [...new Set(shapes.flatMap((shape) => Object.keys(shape.properties ?? {})))];
  return names.map((name) => {
    const field = shapes.map((shape) => shape.properties?.[name]).find((one) => one !== undefined) ?? {};
    return [name, field, shapes.every((shape) => shape.required?.includes(name) === true)];
  });
}
