import type { Connection } from './connection.js';
import { keyOf } from './connection.js';

const NOBODY: ReadonlySet<Connection> = new Set();

/**
 * Who of the local connections hears a room or a user. Direct rooms have no entry: their fact names both members, so that a user with
 * ten thousand conversations costs one entry (design.md section 4.5).
 */
export class AudienceIndex {
  private readonly users = new Map<string, Set<Connection>>();
  private readonly rooms = new Map<string, Set<Connection>>();
  private readonly roomsOf = new Map<Connection, Set<string>>();

  addUser(connection: Connection, userKey: string): void {
    add(this.users, userKey, connection);
  }

  addRoom(connection: Connection, tenantId: string, roomId: string): void {
    const key = keyOf(tenantId, roomId);
    add(this.rooms, key, connection);
    const known = this.roomsOf.get(connection);
    if (known === undefined) this.roomsOf.set(connection, new Set([key]));
    else known.add(key);
  }

  removeRoom(connection: Connection, tenantId: string, roomId: string): void {
    const key = keyOf(tenantId, roomId);
    remove(this.rooms, key, connection);
    this.roomsOf.get(connection)?.delete(key);
    connection.open.delete(roomId);
  }

  /** Forgets a connection; the keys (`keyOf`) of the rooms it was in come back. */
  remove(connection: Connection): string[] {
    const { userKey } = connection;
    if (userKey !== null) remove(this.users, userKey, connection);
    const rooms = [...(this.roomsOf.get(connection) ?? [])];
    for (const key of rooms) remove(this.rooms, key, connection);
    this.roomsOf.delete(connection);
    return rooms;
  }

  ofUser(tenantId: string, userId: string): ReadonlySet<Connection> {
    return this.users.get(keyOf(tenantId, userId)) ?? NOBODY;
  }

  ofRoom(tenantId: string, roomId: string): ReadonlySet<Connection> {
    return this.rooms.get(keyOf(tenantId, roomId)) ?? NOBODY;
  }

  inRoom(connection: Connection, tenantId: string, roomId: string): boolean {
    return this.rooms.get(keyOf(tenantId, roomId))?.has(connection) ?? false;
  }

  userKeys(): IterableIterator<string> {
    return this.users.keys();
  }
}

function add(map: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([connection]));
  else set.add(connection);
}

function remove(map: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const set = map.get(key);
  if (set === undefined) return;
  set.delete(connection);
  if (set.size === 0) map.delete(key);
}
