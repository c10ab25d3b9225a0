import { z } from 'zod';
import { extrasSchema } from '../message/message.js';

/** Any JSON; guarantees.md section 7 bounds its size. */
export const jsonValueSchema = z.json();
export type JsonValue = z.infer<typeof jsonValueSchema>;

/**
 * How one member wants to see one room, on all own devices. `hidden`: out of the list until the next message. `nickname`: what
 * this member calls the room. `translateTo`: a language code. `extras`: what a single dialect keeps beside it.
 */
export const roomPreferencesSchema = z.object({
  muted: z.boolean(),
  archived: z.boolean(),
  hidden: z.boolean(),
  pinned: z.boolean(),
  folder: z.string().max(128).nullable(),
  tags: z.array(z.string().max(64)).max(100),
  nickname: z.string().max(256).nullable(),
  translateTo: z.string().max(32).nullable(),
  extras: extrasSchema,
});
export type RoomPreferences = z.infer<typeof roomPreferencesSchema>;

export const DEFAULT_ROOM_PREFERENCES: RoomPreferences = {
  muted: false,
  archived: false,
  hidden: false,
  pinned: false,
  folder: null,
  tags: [],
  nickname: null,
  translateTo: null,
  extras: {},
};
