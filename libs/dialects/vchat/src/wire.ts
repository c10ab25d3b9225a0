import type { Frame } from '@parlance/dialect-kit';
import { frame } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';

/** The dialect's name: in tokens, tenant settings, `extras` and the namespace. */
export const NAME = 'vchat';

/** This wire's events are one argument: a text that holds JSON. A client takes anything else for unreadable. */
export function jsonFrame(event: string, content: unknown): Frame {
  return frame(event, JSON.stringify(content));
}

/** Longest JSON text that is parsed, in UTF-16 units: a thousand polled people with long ids, and room to spare. */
export const MAX_JSON_TEXT = 262_144;

/** The argument: JSON text, or what it stands for. Throws ParlanceError `invalid` for binary and for a text that is no JSON. */
export function argumentOf(args: readonly unknown[]): unknown {
  const argument = args[0];
  // a schema would take bytes for an object without fields
  if (argument instanceof Uint8Array) throw new ParlanceError('invalid', 'The payload is binary.');
  return typeof argument === 'string' ? jsonOf(argument) : argument;
}

function jsonOf(text: string): unknown {
  if (text.length > MAX_JSON_TEXT) {
    throw new ParlanceError('invalid', `The payload is a text longer than ${MAX_JSON_TEXT} characters.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ParlanceError('invalid', 'The payload is a text, but not JSON.', undefined, { cause: error });
  }
}

/** People asked about in one poll: those of all single rooms on a screen. */
export const MAX_POLLED = 500;

/** `extra` is whatever the asking client keeps there (the room's id) and comes back as it was. */
export const onlineSchema = z
  .array(z.object({ peerId: idSchema, extra: z.string().max(1024).nullish() }))
  .max(MAX_POLLED);
export const statusSchema = z.object({ roomId: idSchema, status: z.enum(['stop', 'typing', 'recording']) });
export const roomSchema = z.object({ roomId: idSchema });

/** What a browser or phone knows of a way to reach it. */
export const candidateSchema = z.object({
  candidate: z.string().max(4096),
  sdpMid: z.string().max(256),
  sdpMLineIndex: z.int().nonnegative(),
});
export const iceSchema = z.object({ data: candidateSchema, meetId: idSchema });
