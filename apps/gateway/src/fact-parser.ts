import type { Fact } from '@parlance/domain';
import { factSchema, idSchema, instantSchema } from '@parlance/domain';
import { z } from 'zod';
import type { Positioned } from './sequencer.js';

/** A place in a room's log. `fact` null: this version cannot read it (newer type), so it is passed over, but its place counts. */
export interface LogEntry extends Positioned {
  readonly tenantId: string;
  readonly roomId: string;
  readonly fact: Fact | null;
}

const placeSchema = z.object({
  tenantId: idSchema,
  room: z.object({ id: idSchema }),
  pos: z.int().positive(),
  prevAt: instantSchema.nullable(),
  at: instantSchema,
});

/** Null: not even a place can be read of it; the gap it leaves is pulled. */
export function parseEntry(raw: unknown): LogEntry | null {
  const parsed = factSchema.safeParse(raw);
  if (parsed.success) return entryOf(parsed.data, parsed.data);
  const place = placeSchema.safeParse(raw);
  return place.success ? entryOf(place.data, null) : null;
}

function entryOf(place: z.infer<typeof placeSchema>, fact: Fact | null): LogEntry {
  return {
    tenantId: place.tenantId,
    roomId: place.room.id,
    pos: place.pos,
    prevAtMs: place.prevAt === null ? null : Date.parse(place.prevAt),
    atMs: Date.parse(place.at),
    fact,
  };
}
