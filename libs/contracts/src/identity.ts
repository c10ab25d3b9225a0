import {
  idSchema,
  instantSchema,
  jsonValueSchema,
  tenantFieldsSchema,
  tenantSchema,
  userFieldsSchema,
  userRefSchema,
  userSchema,
  verifiedCredentialSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, event, query } from './contract.js';

const tenantId = idSchema;

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

/**
 * Whether the app's own server signed this user: `proof` is the base64url HMAC-SHA256 of the user's id, keyed with the tenant's
 * `encryptHashKey`, compared in constant time. False where no key is set.
 */
export const verifyUserProof = query(
  'identity.proof.verify',
  z.object({ tenantId, userId: idSchema, proof: z.string().max(256) }),
  z.object({ valid: z.boolean() }),
);

/**
 * Users by id, number, username or identifier, in the order asked; null where there is none. At most 256. `terminated`: the ids of
 * those among them whose account has ended; they are still named, but nobody acts as them.
 */
export const findUsers = query(
  'identity.user.find',
  z.object({ tenantId: idSchema, refs: z.array(userRefSchema).max(256) }),
  z.object({ users: z.array(userSchema.nullable()), terminated: z.array(idSchema).default([]) }),
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

/** A JWT for one user. Errors: `not-found` (no such user), `permission-denied` (a terminated one), `unauthenticated` (`from` is over). */
export const issueToken = command(
  'identity.token.issue',
  z.object({
    tenantId: idSchema,
    userId: idSchema,
    ttlSeconds: z.int().min(1).max(31_536_000).optional(),
    deviceId: z.string().min(1).max(128).optional(),
    dialect: z.string().max(32).optional(),
    /** the token with which its user asks for another one: that one ends with it, by revocation and at its end */
    from: z.object({ credentialId: z.string().min(1).max(128), expiresAt: instantSchema }).optional(),
  }),
  z.object({ token: z.string(), expiresAt: instantSchema }),
);

/** Something an edge may have cached is no longer true: drop it. Published at the address `identity.changed`. */
export const identityChanged = event(
  'identity.changed',
  z.object({ kind: z.enum(['user', 'credential', 'tenant']), tenantId: idSchema, id: z.string() }),
);
export const IDENTITY_CHANGED_ADDRESS = 'identity.changed';

/**
 * A user's own sign-in by the vendor's scheme: `proof` is the lower-case hex SHA-512 of `<the tenant's encryptHashKey>_<identifier>`,
 * compared in constant time. Finds the user by `identifier` or makes one; the token is bound to `deviceId`.
 * Errors: `unauthenticated` (wrong proof, no key set, terminated user), those of `putUser`.
 */
export const signIn = command(
  'identity.user.sign-in',
  z.object({
    tenantId,
    identifier: z.string().min(1).max(256),
    proof: z.string().max(256),
    fields: userFieldsSchema,
    deviceId: z.string().min(1).max(128).optional(),
    dialect: z.string().max(32).optional(),
  }),
  z.object({ user: userSchema, created: z.boolean(), token: z.string(), expiresAt: instantSchema }),
);

/** Users of a tenant whose name, username or identifier contains `search` (case-insensitive), by name; terminated ones left out. */
export const listUsers = query(
  'identity.user.list',
  z.object({
    tenantId,
    search: z.string().max(256).optional(),
    offset: z.int().nonnegative(),
    limit: z.int().min(1).max(200),
  }),
  z.object({ users: z.array(userSchema), total: z.int().nonnegative() }),
);

/**
 * Ends an account: no credential of it is accepted from now on, and every connection is told and closed within 2 s
 * (a `user.terminated` user event, then identityChanged). Repeating it changes nothing. Errors: `not-found`.
 */
export const terminateUser = command(
  'identity.user.terminate',
  z.object({ tenantId, userId: idSchema, message: z.string().max(1024) }),
  z.object({}),
);

/**
 * Ends one token (`credentialId`), all of the user's tokens of one device that were issued until now, or `all` of them. Errors:
 * `not-found` (no such user), `invalid` (none of these is named).
 */
export const revokeTokens = command(
  'identity.token.revoke',
  z.object({
    tenantId,
    userId: idSchema,
    credentialId: z.string().max(128).optional(),
    deviceId: z.string().max(128).optional(),
    /** every token of the user that was issued until now */
    all: z.boolean().optional(),
    /** the end of the token that `credentialId` names: what has expired need not be remembered */
    expiresAt: instantSchema.nullable().optional(),
  }),
  z.object({}),
);

/**
 * Makes a tenant (a server-made id unless given) or changes one (`mustExist`). `options` are merged by name; `tokenKeys` replace
 * those there were. Errors: `not-found`, `conflict` (the id or a host is taken), `invalid` (no host, no origin, an unfit token key).
 */
export const putTenant = command(
  'identity.tenant.put',
  z.object({ id: idSchema.optional(), mustExist: z.boolean(), fields: tenantFieldsSchema }),
  z.object({ tenant: tenantSchema }),
);

/** Makes an API key; `key` is shown this once. Errors: `not-found`. */
export const createKey = command(
  'identity.key.create',
  z.object({ tenantId, kind: z.enum(['secret', 'publishable']) }),
  z.object({ id: z.string(), kind: z.enum(['secret', 'publishable']), key: z.string() }),
);

/** Revokes a key everywhere. `tenantId` null: the operator names it by id alone. Errors: `not-found`. */
export const revokeKey = command(
  'identity.key.revoke',
  z.object({ tenantId: tenantId.nullable(), id: z.string().max(128) }),
  z.object({}),
);

/** Where a user's device can be pushed to. `kind`: the provider's word, such as `fcm`, `apns`, `web`. */
export const putDevice = command(
  'identity.device.put',
  z.object({
    tenantId,
    userId: idSchema,
    deviceId: z.string().min(1).max(128),
    kind: z.string().max(32),
    pushToken: z.string().min(1).max(4096),
  }),
  z.object({}),
);

/** Forgets one device, or all of the user's. */
export const removeDevice = command(
  'identity.device.remove',
  z.object({ tenantId, userId: idSchema, deviceId: z.string().max(128).optional() }),
  z.object({}),
);

/** Hands a payload for these users' devices to the push provider; `accepted`: devices it was handed over for. */
export const sendPush = command(
  'identity.push.send',
  z.object({ tenantId, userIds: z.array(idSchema).min(1).max(500), payload: jsonValueSchema }),
  z.object({ accepted: z.int().nonnegative() }),
);
