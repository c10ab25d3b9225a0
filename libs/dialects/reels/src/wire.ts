import type { Frame } from '@parlance/dialect-kit';
import { frame } from '@parlance/dialect-kit';
import type { Message, Tenant } from '@parlance/domain';
import { z } from 'zod';

/** The dialect's name: in tokens, tenant settings, `extras` and the namespace. */
export const NAME = 'reels';

export const INBOUND = ['typing-started', 'typing-stopped', 'messages-read'] as const;
export type InboundName = (typeof INBOUND)[number];

/** All three events say which chat, and nothing else. */
export const chatSchema = z.object({ chat: z.string().min(1).max(128) });

/**
 * The argument of an inbound event: its data, or the `{event, data}` that the vendor's page prints around it, if it names this very
 * event. An `event` of another name is left as it is, to be refused.
 */
export function unwrapped(name: InboundName): (argument: unknown) => unknown {
  return (argument) => {
    const isEnvelope = typeof argument === 'object' && argument !== null && 'event' in argument && 'data' in argument;
    return isEnvelope && argument.event === name ? argument.data : argument;
  };
}

/** An event as this tenant's clients take it: the data alone, or in its envelope (option `reelsEnvelope`). */
export function wireFrame(tenant: Tenant | null, event: string, data: object): Frame {
  return frame(event, tenant?.options['reelsEnvelope'] === true ? { event, data } : data);
}

/**
 * The vendor's page heads an event `message-received` and shows `messages-received` in its example, and so for `sent`. Both are sent,
 * with the same data, unless the tenant wants the heading's alone (option `reelsBothNames`: false).
 */
export function messageNames(tenant: Tenant, verb: 'received' | 'sent'): readonly string[] {
  const heading = `message-${verb}`;
  return tenant.options['reelsBothNames'] === false ? [heading] : [heading, `messages-${verb}`];
}

/** All that this wire can carry of a message is one text: its own, else the name of what is attached, else where that is. */
export function contentOf({ text, attachment }: Message): string {
  const said = text === '' ? null : text;
  return said ?? attachment?.name ?? attachment?.url ?? placeOf(attachment) ?? '';
}

function placeOf(attachment: Message['attachment']): string | null {
  if (attachment?.latitude === undefined || attachment.longitude === undefined) return null;
  return `${attachment.latitude},${attachment.longitude}`;
}
