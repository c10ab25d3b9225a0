import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { tenantSchema } from '../tenant/tenant.js';

/**
 * What a verified credential stands for.
 * `user`: a user token, acts as that user alone. `secret`: a tenant's server, acts for any user it names.
 * `publishable`: identifies the app; whether the user a payload claims is believed is the tenant's `payloadIdentity`.
 * `operator`: the installation's owner, creates tenants. `anonymous`: no credential, the tenant came from the request's host.
 */
export const credentialKindSchema = z.enum(['user', 'secret', 'publishable', 'operator', 'anonymous']);
export type CredentialKind = z.infer<typeof credentialKindSchema>;

export const verifiedCredentialSchema = z.object({
  kind: credentialKindSchema,
  tenant: tenantSchema,
  userId: idSchema.nullable(),
  deviceId: z.string().nullable(),
  /** the dialect a token was issued for, if any */
  dialect: z.string().nullable(),
  /** id of the key or token, the unit of revocation */
  credentialId: z.string().nullable(),
  expiresAt: instantSchema.nullable(),
});
export type VerifiedCredential = z.infer<typeof verifiedCredentialSchema>;
