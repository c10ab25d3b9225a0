import {
  idSchema,
  instantSchema,
  userFieldsSchema,
  userRefSchema,
  userSchema,
  verifiedCredentialSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, event, query } from './contract.js';

/**
 * Who is this? `credential`: an API key or user token as it came (without `Bearer`), or null for none, in which case the tenant
 * is that of `host`, else the installation's default tenant. `origin`: the browser's Origin header; a secret key from a browser
 * and an origin outside a tenant's list are refused.
 * Errors: `unauthenticated` (unknown, revoked, expired, malformed), `permission-denied` (origin).
 */
export const verifyCredential = query(
  'identity.credential.verify',
  z.object({ credential: z.string().max(8192).nullable(), host: z.string().nullable(), origin: z.string().nullable() }),
  verifiedCredentialSchema,
);

/** Users by id, number or username, in the order asked; null where there is none. At most 256. */
export const findUsers = query(
  'identity.user.find',
  z.object({ tenantId: idSchema, refs: z.array(userRefSchema).max(256) }),
  z.object({ users: z.array(userSchema.nullable()) }),
);

/**
 * Makes or changes a user. By id: absent fields keep or take native-api.md's defaults. By username: finds that user or makes one
 * with a server-made id. Errors: `conflict` (username or identifier taken by another), `invalid`.
 */
export const putUser = command(
  'identity.user.put',
  z.object({
    tenantId: idSchema,
    ref: z.union([z.object({ id: idSchema }), z.object({ username: z.string().min(1).max(128) })]),
    fields: userFieldsSchema,
  }),
  z.object({ user: userSchema, created: z.boolean() }),
);

/** Notes when users were last seen connected; later times win. */
export const noteSeen = command(
  'identity.user.seen',
  z.object({ tenantId: idSchema, userIds: z.array(idSchema).max(1000), at: instantSchema }),
  z.object({}),
);

/** A JWT for one user. Errors: `not-found` (no such user). */
export const issueToken = command(
  'identity.token.issue',
  z.object({
    tenantId: idSchema,
    userId: idSchema,
    ttlSeconds: z.int().min(1).max(31_536_000).optional(),
    deviceId: z.string().min(1).max(128).optional(),
    dialect: z.string().max(32).optional(),
  }),
  z.object({ token: z.string(), expiresAt: instantSchema }),
);

/** Something an edge may have cached is no longer true: drop it. Published at the address `identity.changed`. */
export const identityChanged = event(
  'identity.changed',
  z.object({ kind: z.enum(['user', 'credential', 'tenant']), tenantId: idSchema, id: z.string() }),
);
export const IDENTITY_CHANGED_ADDRESS = 'identity.changed';
