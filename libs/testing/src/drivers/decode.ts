import { z } from 'zod';
import type { ChatEvent, ChatEventType } from './chat-client.js';
import type { Decoded } from './client-recorder.js';

/** What a frame means, without the frame. */
export type Meaning = Omit<ChatEvent, 'raw'>;

export function meaning(type: ChatEventType, more: Partial<Meaning> = {}): Meaning {
  return { type, room: null, user: null, messageId: null, text: null, ...more };
}

/** The frames a dialect's clients listen for: each a strict schema of all arguments that yields what they mean. */
export type FrameTable = ReadonlyMap<string, z.ZodType<Meaning>>;

/** A frame under a name that no client listens for is as unreadable as one of the wrong shape. */
export function decodeFrame(table: FrameTable, name: string, args: readonly unknown[]): Decoded {
  const schema = table.get(name);
  if (schema === undefined) return { ok: false, detail: 'no client listens for it' };
  const parsed = schema.safeParse(args);
  return parsed.success ? { ok: true, event: parsed.data } : { ok: false, detail: z.prettifyError(parsed.error) };
}
