import type { LogEntry } from './history.events.js';
import type { HistoryIndex, SendRecord } from './history.index.js';

/** A stored message beside what the history knows of it. */
export interface Stored extends LogEntry {
  /** the log's own, or, where the text is gone with the message, the one its id was acknowledged or received under */
  readonly key: string | null;
  readonly send: SendRecord | null;
}

export interface RoomLog {
  readonly room: string;
  readonly entries: readonly Stored[];
  /** the first entry of each key */
  readonly byKey: ReadonlyMap<string, Stored>;
  /** place in `entries` by seq */
  readonly placeOf: ReadonlyMap<number, number>;
}

export function roomLog(room: string, log: readonly LogEntry[], index: HistoryIndex): RoomLog {
  const keyById = keysById(index);
  const entries = log.map((entry): Stored => {
    const key = entry.key ?? keyById.get(entry.id) ?? null;
    return { ...entry, key, send: key === null ? null : (index.sends.get(key) ?? null) };
  });
  const byKey = new Map<string, Stored>();
  for (const entry of entries) if (entry.key !== null && !byKey.has(entry.key)) byKey.set(entry.key, entry);
  return { room, entries, byKey, placeOf: new Map(entries.map((entry, place) => [entry.seq, place])) };
}

function keysById(index: HistoryIndex): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const client of index.clients.values()) {
    for (const { receipts } of client.rooms.values()) {
      for (const { key, messageId } of receipts) if (messageId !== null) keys.set(messageId, key);
    }
  }
  for (const send of index.sends.values()) for (const id of send.messageIds) keys.set(id, send.key);
  return keys;
}
