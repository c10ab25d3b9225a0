import type { StreamAdvanced, TypingChanged, UserEvent } from '@parlance/domain';
import { streamAdvancedSchema, typingChangedSchema, userEventSchema } from '@parlance/domain';
import { z } from 'zod';

/** What is published beside a room's log: a user's own event, a part of a stream, or typing that was told over REST. */
export type PublishedEvent = UserEvent | StreamAdvanced | TypingChanged;

const eventSchema = z.discriminatedUnion('type', [
  ...userEventSchema.options,
  streamAdvancedSchema,
  typingChangedSchema,
]);

/** Null: a newer version's, passed over. */
export function parseEvent(raw: unknown): PublishedEvent | null {
  const parsed = eventSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}
