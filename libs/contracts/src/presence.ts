import { idSchema, instantSchema } from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

const tenantId = idSchema;
/** One start of one gateway. No space: it is part of keys. */
const leaseId = z.string().regex(/^[\w.-]{1,80}$/);
const connection = z.object({
  tenantId,
  userId: idSchema,
  /** unique within the lease */
  connectionId: z.string().regex(/^[\w-]{1,64}$/),
});

/** What one report carries at most of each; more goes in the next one. */
export const REPORT_PAGE = 1_000;

/**
 * What changed at a gateway, and its heartbeat: the lease lives 15 s (setting) from here on. Absolute per connection, so a repeated one
 * changes nothing; `seq` grows with every attempt, and an older one that comes late is passed over. `begins`: the first
 * page of a registration; it makes the lease if there is none. `known` false: there is no such lease (it ran out, or the store
 * forgot), nothing was noted, and the gateway registers everything anew.
 */
export const reportLease = command(
  'presence.lease.report',
  z.object({
    leaseId,
    seq: z.int().positive(),
    begins: z.boolean(),
    joined: z.array(connection).max(REPORT_PAGE),
    left: z.array(connection).max(REPORT_PAGE),
  }),
  z.object({ known: z.boolean() }),
);

/** A gateway goes: all its connections are gone. Repeating it changes nothing. */
export const endLease = command('presence.lease.end', z.object({ leaseId }), z.object({}));

/** Users of one introduction. */
export const INTRODUCTION_PAGE = 500;

/**
 * These users have just come, or come back: they are told, at their addresses, who of those who share a room with them is online, and
 * who went within the last ten minutes, which they may have missed.
 */
export const introducePeers = command(
  'presence.peers.introduce',
  z.object({ tenantId, userIds: z.array(idSchema).min(1).max(INTRODUCTION_PAGE) }),
  z.object({}),
);

/**
 * Which of these users are online: have a connection at a gateway whose lease lives. `lastSeen`: also when those who are not were
 * (null: never); without it `lastSeenAt` is empty. At most 500.
 */
export const findPresence = query(
  'presence.find',
  z.object({ tenantId, userIds: z.array(idSchema).max(500), lastSeen: z.boolean().optional() }),
  z.object({
    online: z.array(idSchema),
    lastSeenAt: z.array(z.object({ userId: idSchema, at: instantSchema })).default([]),
  }),
);
