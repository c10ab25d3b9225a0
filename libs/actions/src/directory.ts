import type { Bus } from '@parlance/bus';
import { findUsers, resolveRooms } from '@parlance/contracts';
import type { RoomStamp, User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { LRUCache } from 'lru-cache';

export interface DirectoryOptions {
  /** how long a user's name or photo may be old when the change was not heard, ms */
  readonly userTtlMs: number;
  readonly maxUsers: number;
  readonly maxRooms: number;
}

export const DIRECTORY_DEFAULTS: DirectoryOptions = { userTtlMs: 30_000, maxUsers: 50_000, maxRooms: 50_000 };

/** `findUsers` and `resolveRooms` take this many at once. */
const PAGE = 256;

/**
 * What an edge remembers of users and rooms, so that a frame costs no question twice. A user is dropped when identity says it
 * changed; of a room only what never changes is trusted from here (its id, uuid, number, kind, pair).
 */
export class Directory {
  private readonly users: LRUCache<string, User>;
  private readonly rooms: LRUCache<string, RoomStamp>;
  /** users that were said to have changed: an answer asked for before is not kept */
  private changes = 0;

  constructor(
    private readonly bus: Bus,
    options: DirectoryOptions = DIRECTORY_DEFAULTS,
  ) {
    this.users = new LRUCache({ max: options.maxUsers, ttl: options.userTtlMs });
    this.rooms = new LRUCache({ max: options.maxRooms });
  }

  /** In the order asked; null where there is no such user. */
  async findUsers(tenantId: string, refs: readonly UserRef[]): Promise<(User | null)[]> {
    const found = refs.map((ref) => this.users.get(userKey(tenantId, ref)) ?? null);
    const missing = refs.flatMap((ref, index) => (found[index] === null ? [{ ref, index }] : []));
    for (let start = 0; start < missing.length; start += PAGE) {
      const page = missing.slice(start, start + PAGE);
      const before = this.changes;
      const { users } = await this.bus.request(findUsers, { tenantId, refs: page.map((one) => one.ref) });
      page.forEach((one, i) => {
        const user = users[i] ?? null;
        found[one.index] = user;
        if (user !== null && before === this.changes) this.remember(tenantId, user);
      });
    }
    return found;
  }

  async usersById(tenantId: string, ids: readonly string[]): Promise<Map<string, User>> {
    const distinct = [...new Set(ids)];
    const users = await this.findUsers(
      tenantId,
      distinct.map((id) => ({ id })),
    );
    return new Map(users.flatMap((user) => (user === null ? [] : [[user.id, user] as const])));
  }

  /** Errors: `not-found`. */
  async user(tenantId: string, ref: UserRef): Promise<User> {
    const [user] = await this.findUsers(tenantId, [ref]);
    if (user === null || user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return user;
  }

  /** The room of an id or uuid. Its `version` may be old. Errors: `not-found`. `timeoutMs`: as for a request. */
  async room(tenantId: string, key: string, timeoutMs?: number): Promise<RoomStamp> {
    const known = this.rooms.get(`${tenantId} ${key}`);
    if (known !== undefined) return known;
    const { rooms } = await this.bus.request(resolveRooms, { tenantId, keys: [key] }, { timeoutMs });
    const room = rooms[0] ?? null;
    if (room === null) throw roomNotFound();
    this.rooms.set(`${tenantId} ${key}`, room);
    return room;
  }

  remember(tenantId: string, user: User): void {
    for (const ref of [{ id: user.id }, { number: user.number }, { username: user.username }]) {
      this.users.set(userKey(tenantId, ref), user);
    }
  }

  forgetUser(tenantId: string, userId: string): void {
    this.changes += 1;
    const user = this.users.peek(userKey(tenantId, { id: userId }));
    if (user === undefined) return;
    for (const ref of [{ id: user.id }, { number: user.number }, { username: user.username }]) {
      this.users.delete(userKey(tenantId, ref));
    }
  }
}

/** Also the answer for a room that exists but is not the asker's: foreign and unknown answer alike. */
export function roomNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Room not found.');
}

function userKey(tenantId: string, ref: UserRef): string {
  if ('id' in ref) return `${tenantId} i ${ref.id}`;
  if ('number' in ref) return `${tenantId} n ${ref.number}`;
  return `${tenantId} u ${ref.username}`;
}
