import { z } from 'zod';
import { idSchema } from '../id/id.js';

/** Whether a user id that a payload merely claims is believed: never, only with a user token or HMAC, or always (demo, private networks). */
export const payloadIdentitySchema = z.enum(['refuse', 'signed', 'trust']);
export type PayloadIdentity = z.infer<typeof payloadIdentitySchema>;

/** A customer application: the isolation key of everything else. `dialects` null = all. `origins` empty = any origin and none. */
export const tenantSchema = z.object({
  id: idSchema,
  name: z.string(),
  hosts: z.array(z.string()),
  origins: z.array(z.string()),
  payloadIdentity: payloadIdentitySchema,
  dialects: z.array(z.string()).nullable(),
  defaultDialect: z.string().nullable(),
  options: z.record(z.string(), z.unknown()),
});
export type Tenant = z.infer<typeof tenantSchema>;

/** An app's own token key: a shared secret (HS256, which wants 32 bytes) or a JWKS, whose tokens name the user in `sub`. */
const tokenKey = z.union([
  z.object({ secret: z.string().min(32).max(1024), issuer: z.string().max(256).optional() }),
  z.object({
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }),
    issuer: z.string().max(256).optional(),
  }),
]);

/** What an operator sets of a tenant; absent = keep. `encryptHashKey` and `tokenKeys` are never read back. */
export const tenantFieldsSchema = z.object({
  name: z.string().min(1).max(256).optional(),
  hosts: z.array(z.string().min(1).max(253)).max(100).optional(),
  origins: z.array(z.string().min(1).max(512)).max(100).optional(),
  payloadIdentity: payloadIdentitySchema.optional(),
  dialects: z.array(z.string().max(32)).max(32).nullable().optional(),
  defaultDialect: z.string().max(32).nullable().optional(),
  encryptHashKey: z.string().min(8).max(1024).nullable().optional(),
  tokenKeys: z.array(tokenKey).max(20).optional(),
  options: z
    .object({
      reelsBothNames: z.boolean().optional(),
      reelsEnvelope: z.boolean().optional(),
      classicCalendar: z.enum(['gregorian', 'jalali']).optional(),
      classicTypeIds: z.record(z.string(), z.int()).optional(),
      classicListBothNames: z.boolean().optional(),
      callRingSeconds: z.int().min(20).max(120).optional(),
    })
    .optional(),
});
export type TenantFields = z.infer<typeof tenantFieldsSchema>;
