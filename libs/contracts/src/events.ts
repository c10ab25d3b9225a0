import { idSchema, instantSchema, messageTypeSchema, roomKindSchema } from '@parlance/domain';
import { z } from 'zod';
import { query } from './contract.js';

// What services that follow the message log ask for

/** A place in the log of the whole installation; the first one is `LOG_START`. */
export const logCursorSchema = z.object({ xid: z.string().regex(/^\d{1,20}$/), id: z.int().nonnegative() });
export type LogCursor = z.output<typeof logCursorSchema>;
export const LOG_START: LogCursor = { xid: '0', id: 0 };

/**
 * What happened in all rooms of all tenants after a cursor, of these types and in rooms of these kinds; `limit` counts what is passed
 * over too, so an answer may be empty and the cursor still move. A reader that keeps the cursor in one transaction with
 * what it does gets each fact exactly once, and none is skipped that commits late; the order is that of transactions, not of
 * a room's positions. `message`: of now; null where the fact is about none. `waitingMs`: age of the oldest fact that was not
 * read yet. The log keeps 7 days.
 */
export const eventsAfter = query(
  'message.events.after',
  z.object({
    cursor: logCursorSchema,
    types: z.array(z.string().max(64)).min(1).max(32),
    roomKinds: z.array(roomKindSchema).min(1),
    limit: z.int().min(1).max(1_000),
  }),
  z.object({
    events: z.array(
      z.object({
        type: z.string(),
        tenantId: idSchema,
        roomId: idSchema,
        roomKind: roomKindSchema,
        at: instantSchema,
        message: z
          .object({ id: idSchema, senderId: idSchema, type: messageTypeSchema, isCopy: z.boolean() })
          .nullable(),
      }),
    ),
    cursor: logCursorSchema,
    more: z.boolean(),
    waitingMs: z.int().nonnegative(),
  }),
);

/** The users of a tenant with a live connection, by id, after one; `next`: ask again after it. */
export const listConnected = query(
  'message.session.list',
  z.object({ tenantId: idSchema, after: idSchema.nullable(), limit: z.int().min(1).max(1_000) }),
  z.object({ userIds: z.array(idSchema), next: idSchema.nullable() }),
);
