import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';

export const callStateSchema = z.enum(['ringing', 'accepted', 'connected', 'ended']);
export type CallState = z.infer<typeof callStateSchema>;

/** Why a call ended (guarantees.md section 4). */
export const callReasonSchema = z.enum([
  'completed',
  'canceled',
  'rejected',
  'busy',
  'timeout',
  'failed',
  'disconnected',
  'replaced',
  'removed',
  'server',
]);
export type CallReason = z.infer<typeof callReasonSchema>;

/** `invited`: it rings there. `joined`: takes part (who began the call does from the start). `left`: declined, hung up, removed or lost. */
export const participationSchema = z.enum(['invited', 'joined', 'left']);
export type Participation = z.infer<typeof participationSchema>;

/**
 * A call of a room. `reason` only when ended. `calleeId` null: a group call. `uuid` serves dialects that name calls so. `startedAt` is
 * the invitation, `acceptedAt` the answer.
 */
export const callSchema = z.object({
  id: idSchema,
  uuid: z.uuid(),
  roomId: idSchema,
  state: callStateSchema,
  reason: callReasonSchema.nullable(),
  callerId: idSchema,
  calleeId: idSchema.nullable(),
  withVideo: z.boolean(),
  startedAt: instantSchema,
  acceptedAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
});
export type Call = z.infer<typeof callSchema>;

/** `attachment.data` of the `call` message that the end of a call writes into its room. */
export const callRecordSchema = z.object({
  callId: idSchema,
  reason: callReasonSchema,
  withVideo: z.boolean(),
  startedAt: instantSchema.nullable(),
  endedAt: instantSchema.nullable(),
});
export type CallRecord = z.infer<typeof callRecordSchema>;
