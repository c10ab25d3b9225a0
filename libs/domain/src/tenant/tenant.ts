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
