import { ParlanceError } from '@parlance/domain';
import { z } from 'zod';

const MAX_CURSOR_CHARS = 512;

export const cursorField = z.string().min(1).max(MAX_CURSOR_CHARS);

/** A place in a list as clients carry it: opaque, so that what is in it may change. */
export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place), 'utf8').toString('base64url');
}

/** Errors: `invalid` for what `encodeCursor` did not make. */
export function decodeCursor<S extends z.ZodType>(schema: S, cursor: string): z.output<S> {
  const place = schema.safeParse(jsonOf(cursor));
  if (place.success) return place.data;
  throw new ParlanceError('invalid', 'The cursor is not one of this list.', { fields: { cursor: 'is not known' } });
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
