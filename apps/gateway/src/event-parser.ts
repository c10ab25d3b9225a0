import type { StreamAdvanced, UserEvent } from '@parlance/domain';
import { streamAdvancedSchema, userEventSchema } from '@parlance/domain';
import { z } from 'zod';

const eventSchema = z.discriminatedUnion('type', [...userEventSchema.options, streamAdvancedSchema]);

/** What is published beside a room's log: a user's own event, or a part of a stream. Null: a newer version's, passed over. */
export function parseEvent(raw: unknown): UserEvent | StreamAdvanced | null {
  const parsed = eventSchema.safeParse(raw);
  return parsed.success ? parsed.data : null;
}
