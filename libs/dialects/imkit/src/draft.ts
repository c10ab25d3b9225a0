import type { Attachment, Draft, MessageType, Metadata } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { present } from './extras.js';
import type { Content } from './wire.js';
import { NAME, RECALL, SYSTEM_TYPES } from './wire.js';

const MS_PER_SECOND = 1000;

/** This wire's types in the domain's; any other is its app's own. */
const KIND: ReadonlyMap<string, MessageType> = new Map([
  ['text', 'text'],
  ['image', 'image'],
  ['video', 'video'],
  ['audio', 'voice'],
  ['file', 'file'],
  ['location', 'location'],
  ['sticker', 'sticker'],
  ['url', 'text'],
  ['announcement', 'text'],
]);
/** Types that are told to others as text keep their own word. */
const KEPT: ReadonlySet<string> = new Set(['url', 'announcement']);

/** A message as its sender decides it. Throws ParlanceError `invalid` for types that are not a client's to send. */
export function draftOf(content: Content): Draft {
  const messageType = content.messageType ?? 'text';
  if (SYSTEM_TYPES.has(messageType) || messageType === RECALL) {
    throw new ParlanceError('invalid', `messageType: ${messageType} is not sent by clients.`);
  }
  const text = typeof content.message === 'string' ? content.message : null;
  const type =
    typeof content.message === 'object' && content.message !== null ? 'custom' : (KIND.get(messageType) ?? 'custom');
  const isOwn = type === 'custom' || KEPT.has(messageType);
  const attachment = type === 'text' || type === 'custom' ? null : attachmentOf(type, content);
  if (type === 'text' && (text ?? '') === '') throw new ParlanceError('invalid', 'message: needs a text.');
  return {
    type,
    text,
    attachment,
    replyTo: content.reply ?? null,
    forwardOf: null,
    metadata: {},
    extras: extrasOf(content, isOwn ? messageType : undefined),
  };
}

function attachmentOf(type: MessageType, content: Content): Attachment {
  const { originalUrl, thumbnailUrl, width, height, duration, latitude, longitude } = content;
  if (type === 'location') {
    if (latitude == null || longitude == null) throw new ParlanceError('invalid', 'latitude: a location needs both.');
    return { latitude, longitude };
  }
  const url =
    originalUrl ??
    content.url ??
    (type === 'sticker' ? content.sticker : undefined) ??
    content.images?.[0]?.originalUrl;
  if (url == null && type !== 'sticker') throw new ParlanceError('invalid', 'originalUrl: is needed.');
  return present({
    url,
    thumbnailUrl,
    width,
    height,
    durationMs: duration == null ? undefined : Math.round(duration * MS_PER_SECOND),
    ...fileFields(content),
  });
}

/** What a file is called stands in `extra`, as text or object. */
function fileFields({ messageType, extra }: Content): Metadata {
  if (messageType !== 'file' || extra == null) return {};
  const fields = typeof extra === 'string' ? parsed(extra) : extra;
  const text = (key: string): string | undefined => {
    const value: unknown = fields[key];
    return typeof value === 'string' ? value.slice(0, 256) : undefined;
  };
  return { name: text('title') ?? text('fileName') ?? text('name'), mimeType: text('mimetype') ?? text('mimeType') };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Its app's own words then: kept as they are, and no file name in them.
    return {};
  }
}

function extrasOf(content: Content, messageType: string | undefined): Draft['extras'] {
  const { sticker, images, mentions, extra, template, contents, url, duration, message } = content;
  const own = present({
    messageType,
    message: typeof message === 'object' ? message : undefined,
    sticker,
    images,
    mentions: mentions?.length === 0 ? undefined : mentions,
    extra,
    template,
    contents,
    url,
    duration: duration == null || Number.isInteger(duration) ? undefined : duration,
  });
  return Object.keys(own).length === 0 ? {} : { [NAME]: own };
}
