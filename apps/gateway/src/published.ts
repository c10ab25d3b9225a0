import type { EventTraces } from '@parlance/bus';
import type { Head, ReceiptChanged } from '@parlance/domain';
import { parseEntry, type LogEntry } from './fact-parser.js';

export interface PublishedFacts {
  facts: unknown[];
  /** traceparents of the facts at the same places; a fact without one belongs to no trace */
  traces?: EventTraces;
}

/** One publication at the address of a room or a user. */
export type Published = PublishedFacts | { heads: Head[] } | { receipts: ReceiptChanged[] } | { events: unknown[] };

export function withTraces(payload: Published, traces: EventTraces): Published {
  return traces.length > 0 && 'facts' in payload ? { ...payload, traces } : payload;
}

/** Those of the facts that have at least a place; `unreadable` is called for each other. */
export function entriesOf({ facts, traces }: PublishedFacts, unreadable: () => void): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [index, raw] of facts.entries()) {
    const entry = parseEntry(raw, traces?.[index]);
    if (entry === null) unreadable();
    else entries.push(entry);
  }
  return entries;
}
