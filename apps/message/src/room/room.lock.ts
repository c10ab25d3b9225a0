import { ParlanceError, type Fact, type Role, type RoomState, type UserSnapshot } from '@parlance/domain';
import type { RoomScope } from '../database/database.js';
import type { FactCause, FactPayload, LockedRoom, RoomLogRepository } from '../log/room-log.repository.js';
import type { RoomRepository } from './room.repository.js';
import { askerOf, roomNotFound, type Asker } from './room.rules.js';

/** A room under its lock, and who asks. */
export interface Entered {
  readonly locked: LockedRoom;
  readonly asker: Asker;
  readonly role: Role | null;
}

/** @throws ParlanceError `not-found` for an unknown room; a stranger is the caller's matter */
export async function enter(log: RoomLogRepository, scope: RoomScope, actor: UserSnapshot | null): Promise<Entered> {
  const locked = await log.lock(scope);
  if (locked === null) throw roomNotFound();
  const role = actor === null ? null : await log.role(scope, actor.id);
  return { locked, asker: askerOf(actor, role), role };
}

/** @throws ParlanceError `not-found` */
export async function stateOf(rooms: RoomRepository, scope: RoomScope): Promise<RoomState> {
  const state = await rooms.state(scope.tenantId, scope.roomId, scope.sql);
  if (state === null) throw roomNotFound();
  return state;
}

/** Several facts of one change, in order; the room's version has been raised for all of them. */
export async function appendAll(
  log: RoomLogRepository,
  touched: LockedRoom,
  cause: FactCause,
  payloads: readonly FactPayload[],
): Promise<Fact[]> {
  const facts: Fact[] = [];
  let place = touched;
  for (const payload of payloads) {
    facts.push(await log.append(place.scope, place, cause, payload));
    place = { ...place, pos: place.pos + 1, lastAt: place.at };
  }
  return facts;
}

/** @throws ParlanceError `invalid` in a direct room */
export function requireChangeable({ room }: LockedRoom): void {
  if (room.kind !== 'direct') return;
  throw new ParlanceError('invalid', 'The members of a direct room do not change.');
}

/** @throws ParlanceError `invalid` anywhere but in a group */
export function requireGroup({ room }: LockedRoom): void {
  if (room.kind === 'group') return;
  throw new ParlanceError('invalid', 'This is done in groups only.');
}
