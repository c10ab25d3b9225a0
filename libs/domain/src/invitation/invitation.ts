import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';

/** `open` until the invitee answers or the room's side takes it back; every other state is final. */
export const invitationStateSchema = z.enum(['open', 'accepted', 'rejected', 'canceled']);
export type InvitationState = z.infer<typeof invitationStateSchema>;

export const invitationSchema = z.object({
  id: idSchema,
  roomId: idSchema,
  /** null: the tenant's server invited */
  inviterId: idSchema.nullable(),
  inviteeId: idSchema,
  state: invitationStateSchema,
  createdAt: instantSchema,
  updatedAt: instantSchema,
});
export type Invitation = z.infer<typeof invitationSchema>;
