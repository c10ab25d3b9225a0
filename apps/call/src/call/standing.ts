import { Inject, Injectable } from '@nestjs/common';
import { BUS } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { findUsers, getBlock, getRoom, resolveRooms } from '@parlance/contracts';
import { ParlanceError, snapshotOf, type RoomStamp, type UserSnapshot } from '@parlance/domain';

/** A group's call rings at most so many. */
export const MAX_RUNG = 256;

export interface CallPlace {
  readonly room: RoomStamp;
  readonly memberIds: readonly string[];
}

/** Who may be in a call, as the services that own rooms and users say. */
@Injectable()
export class Standing {
  constructor(@Inject(BUS) private readonly bus: Bus) {}

  /** Where a call may be made. Errors: `not-found` (also for whoever is no member), `unsupported`, `too-large`. */
  async placeFor(tenantId: string, viewerId: string, roomId: string): Promise<CallPlace> {
    const [{ members }, { rooms }] = await Promise.all([
      this.bus.request(getRoom, { tenantId, viewerId, roomId }),
      this.bus.request(resolveRooms, { tenantId, keys: [roomId] }),
    ]);
    const room = rooms[0] ?? null;
    if (room === null) throw new ParlanceError('not-found', 'Room not found.');
    if (room.kind === 'broadcast') throw new ParlanceError('unsupported', 'Nobody is called in a broadcast room.');
    if (members.length > MAX_RUNG)
      throw new ParlanceError('too-large', `A room of more than ${MAX_RUNG} members has no calls.`);
    return { room, memberIds: members.map(({ userId }) => userId) };
  }

  /** Null: the room is gone. */
  async membersOf(tenantId: string, roomId: string): Promise<ReadonlySet<string> | null> {
    try {
      const { members } = await this.bus.request(getRoom, { tenantId, viewerId: null, roomId });
      return new Set(members.map(({ userId }) => userId));
    } catch (error) {
      if (error instanceof ParlanceError && error.code === 'not-found') return null;
      throw error;
    }
  }

  async isBlocked(tenantId: string, userId: string, otherId: string): Promise<boolean> {
    const { blockedByMe, blockedMe } = await this.bus.request(getBlock, { tenantId, userId, otherId });
    return blockedByMe || blockedMe;
  }

  /** Who of these is there, and who of them has been terminated. */
  async peopleOf(tenantId: string, userIds: readonly string[]): Promise<{ people: UserSnapshot[]; gone: Set<string> }> {
    const { users, terminated } = await this.bus.request(findUsers, { tenantId, refs: userIds.map((id) => ({ id })) });
    const people = users.flatMap((user) => (user === null ? [] : [snapshotOf(user)]));
    const known = new Set(people.map(({ id }) => id));
    return { people, gone: new Set([...terminated, ...userIds.filter((id) => !known.has(id))]) };
  }
}
