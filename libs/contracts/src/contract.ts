import { encodeToken, type RoomStamp } from '@parlance/domain';
import type { z } from 'zod';

/**
 * A request that crosses the bus. `subject` = `<owning service>.<noun>.<verb>`. A command changes something, a query only reads.
 * Both sides parse: the caller the answer, the service the input. Fields may be added; a change of meaning is a new `v`.
 */
export interface RequestContract<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'command' | 'query';
  readonly subject: string;
  readonly v: number;
  readonly input: I;
  readonly output: O;
  /** after a batch of several, the asker's next one gathers until this long after it, ms: whoever asks alone never waits */
  readonly gatherMs?: number;
}

/** For what a storm of connections asks one by one: a few large batches cost all on their way far less than many small ones. */
export function gathered<I extends z.ZodType, O extends z.ZodType>(
  contract: RequestContract<I, O>,
  gatherMs: number,
): RequestContract<I, O> {
  return { ...contract, gatherMs };
}

export function command<I extends z.ZodType, O extends z.ZodType>(
  subject: string,
  input: I,
  output: O,
): RequestContract<I, O> {
  return { kind: 'command', subject, v: 1, input, output };
}

export function query<I extends z.ZodType, O extends z.ZodType>(
  subject: string,
  input: I,
  output: O,
): RequestContract<I, O> {
  return { kind: 'query', subject, v: 1, input, output };
}

/** A publication, heard by whoever listens at its address. `P` is parsed on receipt. */
export interface EventContract<P extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly v: number;
  readonly payload: P;
}

export function event<P extends z.ZodType>(name: string, payload: P): EventContract<P> {
  return { name, v: 1, payload };
}

/** Where the facts of a group or broadcast room are published. */
export function roomAddress(tenantId: string, roomId: string): string {
  return `room.${encodeToken(tenantId)}.${encodeToken(roomId)}`;
}

/** Where a user hears direct-room facts, own memberships and own state. */
export function userAddress(tenantId: string, userId: string): string {
  return `user.${encodeToken(tenantId)}.${encodeToken(userId)}`;
}

/** Where a room's facts and signals are heard: a direct room's by both its users, any other's at the room. The choice never changes. */
export function addressesOfRoom(tenantId: string, room: Pick<RoomStamp, 'id' | 'pair'>): readonly string[] {
  if (room.pair === null) return [roomAddress(tenantId, room.id)];
  return room.pair.map((userId) => userAddress(tenantId, userId));
}
