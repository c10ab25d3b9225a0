import type { Attachment, Draft, Message, Metadata, StoredFile } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { numberField } from '@parlance/dialect-kit';
import { z } from 'zod';
import { NAME } from '../wire.js';
import { flag, jsonField, optionalText, plainObject } from './fields.js';

/** Types a client may send; calls and info messages are the server's to write. */
export const SENDABLE = ['text', 'image', 'file', 'video', 'voice', 'location', 'custom'] as const;
const UPLOADED: ReadonlySet<string> = new Set(['image', 'file', 'video', 'voice']);

const localId = z.string().min(1).max(128);

export const sendBody = z.object({
  content: z.string().default(''),
  localId,
  isEncrypted: flag.default(false),
  messageType: z.enum(SENDABLE),
  forwardLocalId: optionalText(localId),
  replyToLocalId: optionalText(localId),
  attachment: optionalText(jsonField(plainObject)),
  linkAtt: optionalText(jsonField(plainObject)),
  platform: optionalText(z.string().max(32)),
});
export type SendBody = z.output<typeof sendBody>;

/** What was found and stored for a message before it is sent. */
export interface Parts {
  readonly file?: StoredFile | undefined;
  readonly thumbnail?: StoredFile | undefined;
  readonly answers?: Message | null | undefined;
  readonly forwards?: Message | null | undefined;
}

const durationField = z.object({ duration: numberField(z.number().nonnegative().max(86_400_000)) });
const coordinate = (limit: number) => numberField(z.number().min(-limit).max(limit));
const placeField = z.object({ lat: coordinate(90), long: coordinate(180) });
const titleField = z.object({ linkPreviewData: z.object({ title: z.string().min(1).max(512) }) });

/** Words beside a file or place, as opposed to the pictogram that a client puts where there are none. */
const HAS_WORDS = /[\p{L}\p{N}]/u;

export function draftOf(body: SendBody, parts: Parts): Draft {
  const { messageType: type, content } = body;
  const attachment = attachmentOf(body, parts);
  const isBare = (UPLOADED.has(type) || type === 'location') && !HAS_WORDS.test(content);
  const text = content === '' ? (parts.forwards?.text ?? null) : isBare ? null : content;
  return {
    type,
    text,
    attachment,
    replyTo: parts.answers?.id ?? null,
    forwardOf: parts.forwards?.id ?? null,
    metadata: {},
    extras: { [NAME]: ownFields(body, isBare) },
  };
}

/** The mark of a message that a client of this wire made: there is always something in it. */
function ownFields({ isEncrypted, content, linkAtt, attachment, forwardLocalId, platform }: SendBody, isBare: boolean) {
  const linkPreviewData = attachment?.['linkPreviewData'];
  const own: Metadata = {
    isEncrypted,
    ...(isBare && content !== '' ? { content } : {}),
    ...(platform === undefined ? {} : { plm: platform }),
    ...(linkAtt === undefined ? {} : { linkAtt }),
    ...(linkPreviewData === undefined ? {} : { linkPreviewData }),
    ...(forwardLocalId === undefined ? {} : { forwardLocalId }),
  };
  return own;
}

function attachmentOf(body: SendBody, parts: Parts): Attachment | null {
  const { messageType: type, attachment } = body;
  if (UPLOADED.has(type)) return uploadedOf(body, parts);
  if (type === 'location') return attachment === undefined ? forwarded(parts, 'location') : placeOf(attachment);
  if (type !== 'custom') return null;
  const data = plainObject.safeParse(attachment?.['data']).data ?? attachment;
  return data === undefined ? (parts.forwards?.attachment ?? { data: {} }) : { data };
}

function uploadedOf({ messageType: type, attachment }: SendBody, parts: Parts): Attachment {
  const { file, thumbnail } = parts;
  if (file === undefined) return forwarded(parts, type);
  const { url, name, mimeType, size, width, height } = file;
  const duration = durationField.safeParse(attachment).data?.duration;
  return {
    url,
    name,
    mimeType,
    size,
    ...(width === null ? {} : { width }),
    ...(height === null ? {} : { height }),
    ...(duration === undefined ? {} : { durationMs: duration }),
    ...(thumbnail === undefined ? {} : { thumbnailUrl: thumbnail.url }),
  };
}

/** A forwarded message brings what it forwards along. */
function forwarded({ forwards }: Parts, type: string): Attachment {
  if (forwards?.attachment != null) return forwards.attachment;
  const missing = UPLOADED.has(type) ? 'file' : 'attachment';
  throw new ParlanceError('invalid', `${missing}: is needed in a message of this type`);
}

function placeOf(attachment: Metadata): Attachment {
  const place = placeField.safeParse(attachment);
  if (!place.success) throw new ParlanceError('invalid', 'attachment: needs lat and long');
  const title = titleField.safeParse(attachment).data?.linkPreviewData.title;
  const at = { latitude: place.data.lat, longitude: place.data.long };
  return title === undefined ? at : { ...at, name: title };
}
