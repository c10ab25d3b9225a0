import { z } from 'zod';
import { idSchema } from '../id/id.js';
import { roomStampSchema } from '../room/room.js';
import { userSnapshotSchema } from '../user/user.js';

/**
 * A text that is still being written (a bot's answer, say). It ends as the durable message with the same id. Not in the room's log:
 * `text` continues at `offset` (UTF-16 units), so that a listener who came late or missed a part asks for the text so far.
 */
export const streamAdvancedSchema = z.object({
  type: z.literal('stream.advanced'),
  v: z.literal(1),
  tenantId: idSchema,
  room: roomStampSchema,
  user: userSnapshotSchema,
  origin: z.string().nullable(),
  messageId: idSchema,
  offset: z.int().nonnegative(),
  text: z.string(),
});
export type StreamAdvanced = z.infer<typeof streamAdvancedSchema>;
