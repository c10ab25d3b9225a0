import { ParlanceError, type Role } from '@parlance/domain';

/** Who asks: the tenant's server, a member with a role, or somebody who may not even know that the room exists. */
export type Asker = 'server' | Role | 'stranger';

export function askerOf(actor: { readonly id: string } | null, role: Role | null): Asker {
  if (actor === null) return 'server';
  return role ?? 'stranger';
}

/** What may be done to a room and the people in it. */
export type Deed =
  | 'patch'
  | 'delete'
  | 'clear'
  | 'add'
  | 'remove'
  | 'leave'
  | 'change-role'
  | 'change-own-nickname'
  | 'change-nickname'
  | 'invite'
  | 'cancel-invitation'
  | 'ban'
  | 'see-bans';

type Rank = 'member' | 'admin' | 'owner';

const RANKS: Readonly<Record<Exclude<Asker, 'stranger'>, number>> = { member: 1, admin: 2, owner: 3, server: 4 };

/** Who may at least do it. */
const NEEDED: Readonly<Record<Deed, Rank>> = {
  leave: 'member',
  'change-own-nickname': 'member',
  patch: 'admin',
  clear: 'admin',
  add: 'admin',
  remove: 'admin',
  'change-role': 'admin',
  'change-nickname': 'admin',
  invite: 'admin',
  'cancel-invitation': 'admin',
  ban: 'admin',
  'see-bans': 'admin',
  delete: 'owner',
};

/** What becomes of a deed. `touched`: a role that it gives or takes; an owner's is the owner's and the server's matter alone. */
export function verdict(deed: Deed, asker: Asker, touched?: Role | null): 'ok' | 'not-found' | 'permission-denied' {
  if (asker === 'stranger') return 'not-found';
  const needed = touched === 'owner' && deed !== 'leave' ? RANKS.owner : RANKS[NEEDED[deed]];
  return RANKS[asker] >= needed ? 'ok' : 'permission-denied';
}

/** @throws ParlanceError `not-found` for a stranger, as for a room that does not exist; `permission-denied` */
export function demand(deed: Deed, asker: Asker, touched?: Role | null): void {
  const answer = verdict(deed, asker, touched);
  if (answer === 'not-found') throw roomNotFound();
  if (answer === 'ok') return;
  const who = touched === 'owner' || NEEDED[deed] === 'owner' ? 'the owner' : 'an owner or admin';
  throw denied(`Only ${who} may do this.`);
}

/** The members of a new room, the one who makes it among them. @throws ParlanceError `invalid`, `permission-denied` */
export function membersOfNewRoom(
  kind: 'direct' | 'group' | 'broadcast',
  actorId: string | null,
  memberIds: readonly string[],
  maxMembers: number,
): readonly string[] {
  const members = new Set(memberIds);
  if (actorId !== null && !members.has(actorId)) {
    if (kind === 'direct' && members.size > 1) throw denied('A user makes only direct rooms of its own.');
    members.add(actorId);
  }
  if (kind === 'direct' && members.size !== 2) throw invalidMembers('must name two users for a direct room');
  if (members.size > maxMembers) throw invalidMembers(`may name at most ${maxMembers} users`);
  return [...members].sort(byBytes);
}

/** The order of Postgres' collation "C". */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The roles that a change leaves behind. `formers`: who was owner and is admin after it. */
export interface RoleChange {
  readonly formers: readonly string[];
}

/**
 * Gives a member another role. Ownership is handed over: the giver (the server: every owner) becomes an admin. A room keeps an
 * owner. @throws ParlanceError `invalid`
 */
export function roleChange(
  target: { readonly userId: string; readonly from: Role; readonly to: Role },
  actorId: string | null,
  owners: readonly string[],
): RoleChange {
  const others = owners.filter((userId) => userId !== target.userId);
  if (target.from === 'owner' && target.to !== 'owner' && others.length === 0) {
    throw new ParlanceError('invalid', 'A room keeps an owner: make somebody else the owner.', {
      fields: { role: 'would leave the room without an owner' },
    });
  }
  if (target.to !== 'owner' || target.from === 'owner') return { formers: [] };
  return { formers: actorId === null ? others : others.filter((userId) => userId === actorId) };
}

/** The `info` message of another role. */
export function rankChange(from: Role, to: Role): 'member.promoted' | 'member.demoted' | null {
  if (RANKS[from] === RANKS[to]) return null;
  return RANKS[from] < RANKS[to] ? 'member.promoted' : 'member.demoted';
}

export function invalidMembers(problem: string): ParlanceError {
  return new ParlanceError('invalid', `memberIds ${problem}.`, { fields: { memberIds: problem } });
}

export function roomNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Room not found.');
}

export function denied(message: string): ParlanceError {
  return new ParlanceError('permission-denied', message);
}
