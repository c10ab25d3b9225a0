import type { JsonSchema } from './json-schema.js';

/**
 * The JSON schema that all of these values fit, for shapes of which there are examples but no schema: what a renderer makes. A text that is
 * itself JSON in every example is described by what it holds.
 */
export function inferSchema(values: readonly unknown[]): JsonSchema {
  const kinds = new Map<Kind, unknown[]>();
  for (const value of values) kinds.set(kindOf(value), [...(kinds.get(kindOf(value)) ?? []), value]);
  const schemas = [...kinds].map(([kind, members]) => schemaOf(kind, members));
  const [only, ...others] = schemas;
  if (only === undefined) return {};
  return others.length === 0 ? only : { anyOf: schemas };
}

type Kind = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

function kindOf(value: unknown): Kind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'boolean' || typeof value === 'string') return typeof value === 'string' ? 'string' : 'boolean';
  return 'object';
}

function schemaOf(kind: Kind, values: readonly unknown[]): JsonSchema {
  if (kind === 'object') return objectSchema(values.filter(isRecord));
  if (kind === 'array') return { type: kind, items: inferSchema(values.filter(isList).flat()) };
  if (kind !== 'string') return { type: kind };
  const texts = values.map((value) => heldJson(String(value)));
  const held = texts.filter((text) => text !== undefined);
  if (held.length < texts.length) return { type: kind };
  return { type: kind, contentMediaType: 'application/json', contentSchema: inferSchema(held) };
}

function objectSchema(objects: readonly Readonly<Record<string, unknown>>[]): JsonSchema {
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const having = (key: string): readonly Readonly<Record<string, unknown>>[] =>
    objects.filter((object) => key in object);
  const properties = keys.map((key): [string, JsonSchema] => [
    key,
    inferSchema(having(key).map((object) => object[key])),
  ]);
  const required = keys.filter((key) => having(key).length === objects.length);
  return { type: 'object', properties: Object.fromEntries(properties), required };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The object or list that a text holds, or undefined. */
function heldJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
