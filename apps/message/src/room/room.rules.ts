import { mayManage, ParlanceError, type Role } from '@parlance/domain';

/** Who asks: the tenant's server, a member with a role, or somebody who may not even know that the room exists. */
export type Asker = 'server' | Role | 'stranger';

export function askerOf(actor: { readonly id: string } | null, role: Role | null): Asker {
  if (actor === null) return 'server';
  return role ?? 'stranger';
}

/** @throws ParlanceError `not-found` for a stranger: as for a room that does not exist */
export function requireMember(asker: Asker): asserts asker is Exclude<Asker, 'stranger'> {
  if (asker === 'stranger') throw roomNotFound();
}

/** @throws ParlanceError `not-found`, `permission-denied` */
export function requireManager(asker: Asker): void {
  requireMember(asker);
  if (asker !== 'server' && !mayManage(asker)) throw denied('Only an owner or admin may do this.');
}

/** @throws ParlanceError `not-found`, `permission-denied` */
export function requireOwner(asker: Asker): void {
  requireMember(asker);
  if (asker !== 'server' && asker !== 'owner') throw denied('Only the owner may do this.');
}

/** Nobody removes an owner but itself and the server; nobody else makes one. */
export function requireOverOwner(asker: Asker, touched: Role): void {
  if (touched === 'owner') requireOwner(asker);
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

export function invalidMembers(problem: string): ParlanceError {
  return new ParlanceError('invalid', `memberIds ${problem}.`, { fields: { memberIds: problem } });
}

export function roomNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Room not found.');
}

export function denied(message: string): ParlanceError {
  return new ParlanceError('permission-denied', message);
}
