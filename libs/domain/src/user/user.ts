import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { metadataSchema } from '../json/json.js';

/** A person or bot of a tenant, as the native API shows it (native-api.md). `number` serves dialects with numeric ids. */
export const userSchema = z.object({
  id: idSchema,
  number: z.int().nonnegative(),
  name: z.string(),
  username: z.string(),
  identifier: z.string(),
  photo: z.string().nullable(),
  isBot: z.boolean(),
  verified: z.boolean(),
  timeZone: z.string().nullable(),
  metadata: metadataSchema,
  lastSeenAt: instantSchema.nullable(),
  createdAt: instantSchema,
});
export type User = z.infer<typeof userSchema>;

/** What a fact carries of the user who caused it, so that no renderer asks for it again. Metadata stays out: it may be 64 KB. */
export const userSnapshotSchema = userSchema.pick({
  id: true,
  number: true,
  name: true,
  username: true,
  identifier: true,
  photo: true,
  isBot: true,
  lastSeenAt: true,
  createdAt: true,
});
export type UserSnapshot = z.infer<typeof userSnapshotSchema>;

export function snapshotOf(user: User): UserSnapshot {
  const { id, number, name, username, identifier, photo, isBot, lastSeenAt, createdAt } = user;
  return { id, number, name, username, identifier, photo, isBot, lastSeenAt, createdAt };
}

/** How a dialect names a user: by the tenant's own id, by number, by username, or by the app's own identifier. */
export const userRefSchema = z.union([
  z.object({ id: idSchema }),
  z.object({ number: z.int().nonnegative() }),
  z.object({ username: z.string().min(1).max(128) }),
  z.object({ identifier: z.string().min(1).max(256) }),
]);
export type UserRef = z.infer<typeof userRefSchema>;

const nameText = z.string().min(1).max(256);

/** The fields a caller may set; absent = keep (or, for a new user, the default that native-api.md names). */
export const userFieldsSchema = z.object({
  name: nameText.optional(),
  username: z.string().min(1).max(128).optional(),
  identifier: z.string().min(1).max(256).optional(),
  photo: z.string().max(2048).nullable().optional(),
  isBot: z.boolean().optional(),
  verified: z.boolean().optional(),
  timeZone: z.string().max(64).nullable().optional(),
  metadata: metadataSchema.optional(),
});
export type UserFields = z.infer<typeof userFieldsSchema>;
