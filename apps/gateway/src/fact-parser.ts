import type { Fact } from '@parlance/domain';
import { factSchema, idSchema, instantSchema } from '@parlance/domain';
import { z } from 'zod';
import type { Positioned } from './sequencer.js';

/** A place in a room's log. `fact` null: this version cannot read it (newer type), so it is passed over, but its place counts. */
export interface LogEntry extends Positioned {
  readonly tenantId: string;
  readonly roomId: string;
  readonly fact: Fact | null;
  /** traceparent of the step that published it; absent when it was pulled, or belongs to no trace */
  readonly trace?: string;
}

const placeSchema = z.object({
  tenantId: idSchema,
  room: z.object({ id: idSchema }),
  pos: z.int().positive(),
  prevAt: instantSchema.nullable(),
  at: instantSchema,
});

/** Null: not even a place can be read of it; the gap it leaves is pulled. */
export function parseEntry(raw: unknown, trace?: string | null): LogEntry | null {
  const parsed = factSchema.safeParse(raw);
  if (parsed.success) return traced(entryOf(parsed.data, parsed.data), trace);
  const place = placeSchema.safeParse(raw);
  return place.success ? entryOf(place.data, null) : null;
}

/**
 * A page of a room's log, which is in order and without gaps: what cannot even be placed takes the place that is left for it, so that
 * it is passed over and not pulled for ever. `afterPos`: the position the page was asked after, if one was.
 */
export function parsePage(
  facts: readonly unknown[],
  room: { readonly tenantId: string; readonly roomId: string },
  afterPos: number | null,
): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const raw of facts) {
    const last = entries.at(-1);
    const before = last?.pos ?? afterPos;
    const { tenantId, roomId } = room;
    const entry =
      parseEntry(raw) ??
      (before === null
        ? null
        : { tenantId, roomId, pos: before + 1, prevAtMs: last?.atMs ?? null, atMs: last?.atMs ?? 0, fact: null });
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

/** For the log. */
export function placeOf({ tenantId, roomId, pos }: LogEntry): Pick<LogEntry, 'tenantId' | 'roomId' | 'pos'> {
  return { tenantId, roomId, pos };
}

/** Does the fact bring this user into its room? */
export function joins({ fact }: LogEntry, userId: string): boolean {
  return fact !== null && broughtBy(fact).includes(userId);
}

/** The users a fact brings into its room; for direct rooms nobody: their pair is in every fact. */
export function broughtBy(fact: Fact): readonly string[] {
  if (fact.room.pair !== null) return [];
  if (fact.type === 'room.created') return fact.memberIds;
  return fact.type === 'member.added' ? fact.members.map((member) => member.userId) : [];
}

/** Does the fact end this user's stay? */
export function leaves({ fact }: LogEntry, userId: string): boolean {
  return fact?.type === 'room.deleted' || (fact?.type === 'member.removed' && fact.userId === userId);
}

function traced(entry: LogEntry, trace: string | null | undefined): LogEntry {
  return trace === null || trace === undefined ? entry : { ...entry, trace };
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
