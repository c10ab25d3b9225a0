import type { Bus } from '@parlance/bus';
import { findUsers, resolveRooms, verifyUserProof } from '@parlance/contracts';
import type { RoomStamp, User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { Gathered } from './gathered.js';

export interface DirectoryOptions {
  /** how long a user's name or photo may be old when the change was not heard, ms */
  readonly userTtlMs: number;
  readonly maxUsers: number;
  readonly maxRooms: number;
}

export const DIRECTORY_DEFAULTS: DirectoryOptions = { userTtlMs: 30_000, maxUsers: 50_000, maxRooms: 50_000 };

/** A user, and whether the account has ended: it is still named, but nobody acts as it. */
export interface Account {
  readonly user: User;
  readonly terminated: boolean;
}

/** A user is found by its id, number, username and identifier. */
const NAMES_PER_USER = 4;

/** `findUsers` and `resolveRooms` take this many at once. */
const PAGE = 256;
/** Single users that are waited for; a storm of connections asks for each. */
const MAX_WAITING = 20_000;
const GATHER_MS = 50;

/**
 * What an edge remembers of users and rooms, so that a frame costs no question twice. A user is dropped when identity says it
 * changed; of a room only what never changes is trusted from here (its id, uuid, number, kind, pair).
 */
export class Directory {
  private readonly users: LRUCache<string, Account>;
  private readonly rooms: LRUCache<string, RoomStamp>;
  /** users that were said to have changed: an answer asked for before is not kept */
  private changes = 0;
  private readonly singles = new Gathered<UserRef, Account | null>({
    ask: (tenantId, refs) => this.ask(tenantId, refs),
    page: PAGE,
    maxWaiting: MAX_WAITING,
    gatherMs: GATHER_MS,
  });

  constructor(
    private readonly bus: Bus,
    options: DirectoryOptions = DIRECTORY_DEFAULTS,
  ) {
    this.users = new LRUCache({ max: options.maxUsers * NAMES_PER_USER, ttl: options.userTtlMs });
    this.rooms = new LRUCache({ max: options.maxRooms });
  }

  /** In the order asked; null where there is no such user. */
  async findUsers(tenantId: string, refs: readonly UserRef[]): Promise<(User | null)[]> {
    return (await this.accounts(tenantId, refs)).map((account) => account?.user ?? null);
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
    return (await this.account(tenantId, ref)).user;
  }

  /** Errors: `not-found`. */
  async account(tenantId: string, ref: UserRef): Promise<Account> {
    const account = this.users.get(userKey(tenantId, ref)) ?? (await this.singles.ask(tenantId, ref));
    if (account === null) throw new ParlanceError('not-found', 'User not found.');
    return account;
  }

  /** Whether the app's own server signed that user; see the contract `verifyUserProof`. */
  async isProven(tenantId: string, userId: string, proof: string): Promise<boolean> {
    return (await this.bus.request(verifyUserProof, { tenantId, userId, proof })).valid;
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

  forgetUser(tenantId: string, userId: string): void {
    this.changes += 1;
    const known = this.users.peek(userKey(tenantId, { id: userId }));
    for (const key of known === undefined ? [] : keysOf(tenantId, known.user)) this.users.delete(key);
  }

  private async accounts(tenantId: string, refs: readonly UserRef[]): Promise<(Account | null)[]> {
    const found = refs.map((ref) => this.users.get(userKey(tenantId, ref)) ?? null);
    const missing = refs.flatMap((ref, index) => (found[index] === null ? [{ ref, index }] : []));
    for (let start = 0; start < missing.length; start += PAGE) {
      const page = missing.slice(start, start + PAGE);
      const accounts = await this.ask(
        tenantId,
        page.map(({ ref }) => ref),
      );
      page.forEach(({ index }, at) => (found[index] = accounts[at] ?? null));
    }
    return found;
  }

  private async ask(tenantId: string, refs: readonly UserRef[]): Promise<(Account | null)[]> {
    const before = this.changes;
    const { users, terminated } = await this.bus.request(findUsers, { tenantId, refs: [...refs] });
    const ended = new Set(terminated);
    return users.map((user) => {
      if (user === null) return null;
      const account = { user, terminated: ended.has(user.id) };
      if (before === this.changes) this.remember(tenantId, account);
      return account;
    });
  }

  private remember(tenantId: string, account: Account): void {
    for (const key of keysOf(tenantId, account.user)) this.users.set(key, account);
  }
}

/** Also the answer for a room that exists but is not the asker's: foreign and unknown answer alike. */
export function roomNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Room not found.');
}

function keysOf(tenantId: string, { id, number, username, identifier }: User): readonly string[] {
  return [{ id }, { number }, { username }, { identifier }].map((ref) => userKey(tenantId, ref));
}

function userKey(tenantId: string, ref: UserRef): string {
  if ('id' in ref) return `${tenantId} i ${ref.id}`;
  if ('number' in ref) return `${tenantId} n ${ref.number}`;
  return 'username' in ref ? `${tenantId} u ${ref.username}` : `${tenantId} a ${ref.identifier}`;
}
