import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';

/**
 * A stored file. `roomId`: whose members may read it; null: the tenant's public pictures (avatars, room photos).
 * `url`: absolute or rooted at the installation's origin, carries its own proof and may stand in messages. Sizes in bytes and pixels.
 */
export const storedFileSchema = z.object({
  id: idSchema,
  roomId: idSchema.nullable(),
  ownerId: idSchema.nullable(),
  name: z.string().max(512),
  mimeType: z.string().max(256),
  size: z.int().nonnegative(),
  width: z.int().nonnegative().nullable(),
  height: z.int().nonnegative().nullable(),
  url: z.string().max(2048),
  createdAt: instantSchema,
});
export type StoredFile = z.infer<typeof storedFileSchema>;
