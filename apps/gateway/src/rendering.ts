import type {
  Delivery,
  Dialect,
  DomainEvent,
  DomainEventOf,
  DomainEventType,
  Ignored,
  OutboundTable,
  Renderer,
  View,
} from '@parlance/dialect-kit';

/** The entry of a dialect's table for one event. Generic, so that event and renderer are known to belong together. */
function entryOf<T extends DomainEventType>(table: OutboundTable, type: T): Renderer<DomainEventOf<T>> | Ignored {
  return table[type];
}

/** Null when the dialect has no word for the event. */
export function rendererOf(dialect: Dialect, event: DomainEvent): { readonly needs?: 'room' | 'thread' } | null {
  const entry = entryOf(dialect.outbound, event.type);
  return 'ignored' in entry ? null : entry;
}

export function needsRoom(dialect: Dialect, event: DomainEvent): boolean {
  return event.room !== null && rendererOf(dialect, event)?.needs !== undefined;
}

/** The message whose content the renderer needs beside the event's own: the one it answers, or the newest a receipt covers. */
export function neededThread(dialect: Dialect, event: DomainEvent): string | null {
  if (rendererOf(dialect, event)?.needs !== 'thread') return null;
  if (event.type === 'receipt.changed') return event.kind === 'read' ? event.messageId : null;
  return 'message' in event && typeof event.message === 'object' ? event.message.replyTo : null;
}

export function renderFor(dialect: Dialect, event: DomainEvent, view: View): readonly Delivery[] {
  return renderWith(dialect.outbound, event.type, event, view);
}

function renderWith<T extends DomainEventType>(
  table: OutboundTable,
  type: T,
  event: DomainEventOf<T>,
  view: View,
): readonly Delivery[] {
  const entry = entryOf(table, type);
  return 'ignored' in entry ? [] : entry.render(event, view);
}
