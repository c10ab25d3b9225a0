import type { HistoryEvent, Malformed, Received, Sending } from './history.events.js';

/** All that was done about one message. Positions are places in the history. */
export interface SendRecord {
  readonly key: string;
  readonly room: string;
  readonly client: string;
  readonly connection: string;
  readonly sentAt: number;
  attempts: number;
  ackedAt: number | null;
  readonly messageIds: Set<string>;
  /** the last word on it was a refusal for good, and no acknowledgement ever came */
  refused: boolean;
}

export interface ReceiptRecord extends Pick<Received, 'key' | 'messageId' | 'connection'> {
  readonly receivedAt: number;
}

export interface RoomListener {
  openedAt: number | null;
  readonly receipts: ReceiptRecord[];
}

export interface ClientRecord {
  readonly name: string;
  readonly user: string;
  readonly hearsOwn: boolean;
  /** connected when the history ends */
  working: boolean;
  readonly rooms: Map<string, RoomListener>;
}

export interface Membership {
  readonly change: 'joined' | 'leaving' | 'left';
  readonly at: number;
}

export interface HistoryIndex {
  readonly sends: ReadonlyMap<string, SendRecord>;
  readonly clients: ReadonlyMap<string, ClientRecord>;
  /** by `membershipKey` */
  readonly memberships: ReadonlyMap<string, readonly Membership[]>;
  readonly deleted: ReadonlySet<string>;
  readonly malformed: readonly Malformed[];
  readonly rooms: ReadonlySet<string>;
}

export function membershipKey(user: string, room: string): string {
  return JSON.stringify([user, room]);
}

interface Building {
  readonly sends: Map<string, SendRecord>;
  readonly clients: Map<string, ClientRecord>;
  readonly memberships: Map<string, Membership[]>;
  readonly deleted: Set<string>;
  readonly malformed: Malformed[];
  readonly rooms: Set<string>;
}

/** One pass over the history. Throws where the history itself is wrong: an event of a client that was never introduced. */
export function indexHistory(events: readonly HistoryEvent[]): HistoryIndex {
  const index: Building = {
    sends: new Map(),
    clients: new Map(),
    memberships: new Map(),
    deleted: new Set(),
    malformed: [],
    rooms: new Set(),
  };
  events.forEach((event, at) => place(index, event, at));
  return index;
}

function place(index: Building, event: HistoryEvent, at: number): void {
  if ('room' in event) index.rooms.add(event.room);
  switch (event.type) {
    case 'client': {
      const { client: name, user, hearsOwn } = event;
      index.clients.set(name, { name, user, hearsOwn, working: false, rooms: new Map() });
      return;
    }
    case 'connected':
    case 'disconnected':
      clientOf(index, event.client).working = event.type === 'connected';
      return;
    case 'opened':
      listenerOf(index, event).openedAt ??= at;
      return;
    case 'sending':
      return placeSending(index, event, at);
    case 'acked':
    case 'failed':
      return placeOutcome(index, event, at);
    case 'received': {
      const { key, messageId, connection } = event;
      listenerOf(index, event).receipts.push({ key, messageId, connection, receivedAt: at });
      return;
    }
    case 'deleting':
      index.deleted.add(event.key);
      return;
    case 'member': {
      const key = membershipKey(event.user, event.room);
      const changes = index.memberships.get(key) ?? [];
      index.memberships.set(key, [...changes, { change: event.change, at }]);
      return;
    }
    case 'malformed':
      index.malformed.push(event);
  }
}

function placeSending(index: Building, event: Sending, at: number): void {
  const { key, room, client, connection } = event;
  const known = index.sends.get(key);
  if (known !== undefined) {
    known.attempts += 1;
    known.refused = false;
    return;
  }
  const record = { key, room, client, connection, sentAt: at, attempts: 1, ackedAt: null, refused: false };
  index.sends.set(key, { ...record, messageIds: new Set() });
}

function placeOutcome(index: Building, event: Extract<HistoryEvent, { type: 'acked' | 'failed' }>, at: number): void {
  const send = index.sends.get(event.key);
  if (send === undefined) throw new Error(`The history tells how ${event.key} ended, but not that it was sent.`);
  if (event.type === 'failed') {
    send.refused = !event.retryable && send.ackedAt === null && send.attempts === 1;
    return;
  }
  send.ackedAt ??= at;
  send.refused = false;
  if (event.messageId !== null) send.messageIds.add(event.messageId);
}

function clientOf(index: Building, name: string): ClientRecord {
  const client = index.clients.get(name);
  if (client === undefined) throw new Error(`The history has no 'client' event for ${name}.`);
  return client;
}

function listenerOf(
  index: Building,
  { client, room }: { readonly client: string; readonly room: string },
): RoomListener {
  const { rooms } = clientOf(index, client);
  const known = rooms.get(room);
  if (known !== undefined) return known;
  const listener: RoomListener = { openedAt: null, receipts: [] };
  rooms.set(room, listener);
  return listener;
}
