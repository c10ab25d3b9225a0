import type { Execute, ResultOf } from '@parlance/dialect-kit';
import type { Draft, MessageType, Metadata, StoredFile } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';

/** A file as it came, by a frame or a form. */
export interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** What a message carries of a stored file. */
export type Carried = Pick<Draft, 'type' | 'attachment'>;

/** Keeps a file for the people of a chat. */
export async function stored(
  execute: Execute,
  chatId: string,
  upload: Upload | undefined,
): Promise<Carried | undefined> {
  if (upload === undefined) return undefined;
  const { name, mimeType, bytes } = upload;
  const { file } = await execute({ type: 'file.store', room: chatId, name, mimeType, bytes });
  return carried(file);
}

function carried({ url, name, mimeType, size, width, height }: StoredFile): Carried {
  const pixels = width === null || height === null ? {} : { width, height };
  return { type: typeOf(mimeType), attachment: { url, name, mimeType, size, ...pixels } };
}

/** As the SDK tells them apart; a moving picture is an image. */
function typeOf(mimeType: string): MessageType {
  if (mimeType.startsWith('image/')) return 'image';
  return mimeType.startsWith('video/') ? 'video' : 'file';
}

interface Change {
  readonly messageId: string;
  readonly text?: string | null | undefined;
  readonly metadata?: Metadata | null | undefined;
  readonly upload: Upload | undefined;
  /** who asks, where that is known: a file of somebody who may not edit is not kept */
  readonly asker?: string | undefined;
}

/** Edits a message; its new file goes where the message is. */
export async function edited(execute: Execute, change: Change): Promise<ResultOf<'message.edit'>> {
  const { messageId, text, metadata, upload, asker } = change;
  const file =
    upload === undefined ? undefined : await stored(execute, await chatOf(execute, messageId, asker), upload);
  return execute({
    type: 'message.edit',
    messageId,
    text: text ?? undefined,
    metadata: metadata ?? undefined,
    ...(file === undefined ? {} : { messageType: file.type, attachment: file.attachment }),
  });
}

async function chatOf(execute: Execute, messageId: string, asker: string | undefined): Promise<string> {
  const { message } = await execute({ type: 'message.get', messageId });
  if (asker === undefined || asker === message.senderId) return message.roomId;
  throw new ParlanceError('permission-denied', 'Only the author edits a message.');
}
