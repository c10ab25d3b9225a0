import { z } from 'zod';

/** An object of the customer's own making (metadata, a dialect's extras): kept and returned as it came. */
export const metadataSchema = z.record(z.string(), z.unknown());
export type Metadata = z.infer<typeof metadataSchema>;

export interface JsonBounds {
  /** nesting levels of objects and arrays */
  readonly depth: number;
  /** values and keys visited in all */
  readonly nodes: number;
}

/** Postgres stores it neither in text nor in jsonb. */
const NUL = '\u0000';

/** Half a character: jsonb refuses it, and a text would come back as another. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/** Those of prototypes; and an object with a `toString` of its own throws wherever it is compared with a number, as zod's own length checks do. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype', 'toString']);

/**
 * Says what is wrong with an untrusted JSON-like value, or null. Checked before any schema, so that no later code meets a NUL, a
 * half character, a prototype key, a bottomless nesting or a value that is not JSON. Binary (Buffer, Uint8Array) counts as one leaf.
 */
export function jsonProblem(value: unknown, bounds: JsonBounds): string | null {
  let nodes = 0;
  const visit = (item: unknown, depth: number): string | null => {
    if (++nodes > bounds.nodes) return `has more than ${bounds.nodes} values`;
    if (typeof item === 'string') return textProblem(item);
    if (item === null || typeof item !== 'object' || item instanceof Uint8Array) return null;
    if (depth >= bounds.depth) return `is nested deeper than ${bounds.depth} levels`;
    if (Array.isArray(item)) return firstProblem(item, (element) => visit(element, depth + 1));
    return firstProblem(Object.keys(item), (key) =>
      FORBIDDEN_KEYS.has(key) || textProblem(key) !== null
        ? `has the reserved key ${key}`
        : visit(Reflect.get(item, key), depth + 1),
    );
  };
  return visit(value, 0);
}

function textProblem(text: string): string | null {
  if (text.includes(NUL)) return 'has a NUL character';
  return HALF_CHARACTER.test(text) ? 'has half a character (a lone surrogate)' : null;
}

function firstProblem<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = check(item);
    if (problem !== null) return problem;
  }
  return null;
}
