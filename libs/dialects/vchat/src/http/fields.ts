import { numberField, readJson } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';

/** The pieces that the calls' bodies, queries and paths are made of. A form carries everything as text. */

const MAX_PAGE = 1_000_000;
const MAX_LIMIT = 100;

export const roomParam = z.object({ roomId: idSchema });
export const messageParams = roomParam.extend({ mid: idSchema });
export const identifier = z.string().min(1).max(256);

const pageField = numberField(z.number().int().min(1).max(MAX_PAGE).default(1));

/** A client may ask for more than it gets: its next page begins where this one ended. */
export function limitField(fallback: number) {
  return numberField(
    z
      .number()
      .int()
      .min(1)
      .default(fallback)
      .transform((limit) => Math.min(limit, MAX_LIMIT)),
  );
}

export const paging = { page: pageField, limit: limitField(20) };

/** Nothing, in the many ways that a Dart client says it in forms and queries. */
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || value === 'null' || value === 'undefined';
}

export function optionalText<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (isNothing(value) ? undefined : value), schema.optional());
}

/** A flag as JSON has it, or as text. */
export const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0', ''] })]);

/** JSON, or the text of it as a form carries it. */
export function jsonField<S extends z.ZodType>(schema: S) {
  return z.union([z.string().transform(readJson).pipe(schema), schema]);
}

const MAX_IDENTIFIERS = 500;
export const identifiers = jsonField(z.array(identifier).min(1).max(MAX_IDENTIFIERS));

/** An object of the app's own making: its keys stay as they came. */
export const plainObject = z.record(z.string(), z.unknown());
export const nameText = z.string().trim().min(1).max(256);
