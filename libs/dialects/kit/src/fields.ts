import { z } from 'zod';

/**
 * A number, or the text of one as queries and forms carry it; `schema` says which numbers, and whether it may be absent. Unlike `z.coerce` it takes nothing else:
 * null, true and an empty list are no numbers here.
 */
export function numberField<S extends z.ZodType<unknown, number | undefined>>(schema: S) {
  return z.preprocess((value) => (typeof value === 'string' ? Number(value) : value), schema);
}
