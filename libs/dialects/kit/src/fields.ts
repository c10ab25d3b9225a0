import { jsonProblem } from '@parlance/domain';
import { z } from 'zod';
import { PAYLOAD_BOUNDS } from './dialect.js';

/**
 * A number, or the text of one as queries and forms carry it; `schema` says which numbers, and whether it may be absent. Unlike `z.coerce` it takes nothing else:
 * null, true and an empty list are no numbers here.
 */
export function numberField<S extends z.ZodType<unknown, number | undefined>>(schema: S) {
  return z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), schema);
}

/** For `transform`: what JSON text in a form or a query says, or an issue when it is none or beyond the bounds of a payload. */
export function readJson(text: string, context: z.RefinementCtx): unknown {
  const value = parsedOrUndefined(text);
  const problem = value === undefined ? 'is not JSON' : jsonProblem(value, PAYLOAD_BOUNDS);
  if (problem === null) return value;
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
