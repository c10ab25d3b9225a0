import {
  callReasonSchema,
  callStateSchema,
  participationSchema,
  roomStampSchema,
  userSnapshotSchema,
  type Call,
  type CallProgress,
  type JsonValue,
  type RoomStamp,
  type UserSnapshot,
} from '@parlance/domain';
import type { CallOutcome } from '@parlance/contracts';
import { z } from 'zod';

/** A call as it is stored. Times in ms, by the database's clock; `now`: when it was read. */
export interface CallRecord {
  readonly tenantId: string;
  readonly id: string;
  readonly uuid: string;
  readonly room: RoomStamp;
  readonly withVideo: boolean;
  readonly payload: JsonValue;
  readonly answer: JsonValue;
  readonly glare: boolean;
  readonly version: number;
  readonly startedAt: number;
  readonly progress: CallProgress;
  readonly people: ReadonlyMap<string, UserSnapshot>;
  readonly now: number;
}

const instant = z.number();
/** JSON as it came. What is written here was made by `JSON.stringify`. */
const storedJson = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.json());

const participantRow = z.object({
  userId: z.string(),
  snapshot: userSnapshotSchema,
  state: participationSchema,
  device: z.string().nullable(),
  settled: z.boolean(),
  signaledFrom: z.string().nullable(),
  described: z.boolean(),
  goneAt: instant.nullable(),
});

export const callRow = z
  .object({
    tenantId: z.string(),
    id: z.string(),
    uuid: z.string(),
    room: roomStampSchema,
    callerId: z.string(),
    calleeId: z.string().nullable(),
    withVideo: z.boolean(),
    payload: storedJson,
    answer: storedJson,
    glare: z.boolean(),
    state: callStateSchema,
    reason: callReasonSchema.nullable(),
    version: z.int(),
    startedAt: instant,
    acceptedAt: instant.nullable(),
    endedAt: instant.nullable(),
    deadlineAt: instant.nullable(),
    now: instant,
    participants: z.array(participantRow),
  })
  .transform((row): CallRecord => {
    const { callerId, calleeId, state, reason, acceptedAt, endedAt, deadlineAt, participants, ...own } = row;
    return {
      ...own,
      people: new Map(participants.map(({ userId, snapshot }) => [userId, snapshot])),
      progress: {
        state,
        reason,
        callerId,
        calleeId,
        acceptedAt,
        endedAt,
        deadlineAt,
        participants: participants.map(({ snapshot: _, ...one }) => one),
      },
    };
  });

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function callOf({ id, uuid, room, withVideo, startedAt, progress }: CallRecord): Call {
  const { state, reason, callerId, calleeId, acceptedAt, endedAt } = progress;
  return {
    id,
    uuid,
    roomId: room.id,
    state,
    reason,
    callerId,
    calleeId,
    withVideo,
    startedAt: isoOf(startedAt),
    acceptedAt: acceptedAt === null ? null : isoOf(acceptedAt),
    endedAt: endedAt === null ? null : isoOf(endedAt),
  };
}

export function outcomeOf(record: CallRecord): CallOutcome {
  const { room, payload, progress } = record;
  return {
    call: callOf(record),
    room,
    payload: progress.state === 'ended' ? null : payload,
    participants: progress.participants.map(({ userId, state }) => ({ userId, state })),
  };
}
