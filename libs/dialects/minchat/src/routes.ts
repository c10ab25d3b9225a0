import type { Claim, Execute, HttpAnswer, HttpRequest, UploadedFile } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { avatarField } from './wire.js';

/** What the REST calls of this wire have in common. */

/** With `Bearer` as the SDK sends it, or without as the older documentation has it. */
export function credential(headers: HttpRequest['headers']): string | null {
  const given = headers['authorization'];
  const value = typeof given === 'string' ? given : given?.[0];
  const key = (value ?? '').replace(/^Bearer(?:\s+|$)/i, '').trim();
  return key === '' ? null : key;
}

export function ok(body: object): HttpAnswer {
  return { status: 200, body };
}

/** The key of the header, and the user that the call names as its own. */
export function claimOf({ headers }: HttpRequest, userId?: string): Claim {
  return {
    credential: credential(headers) ?? undefined,
    ...(userId === undefined ? {} : { user: { id: userId } }),
  };
}

export const acting = idSchema.optional();
export const idParam = z.object({ id: idSchema });
export const pictureFields = { avatar: avatarField.optional(), avatar_file: avatarField.optional() };

/** The one file that the form has under one of these names; undefined: none. What else comes along is not dropped silently. */
export function uploadIn({ files }: HttpRequest, ...fields: readonly string[]): UploadedFile | undefined {
  const [file] = files;
  if (files.length > 1 || (file !== undefined && !fields.includes(file.field))) {
    const problem = `takes one file, named ${fields.join(' or ')}`;
    throw new ParlanceError('invalid', `The form ${problem}.`, { fields: { [file?.field ?? 'file']: problem } });
  }
  return file;
}

interface PictureFields {
  readonly avatar?: string | undefined;
  readonly avatar_file?: string | undefined;
}

/** The address of a picture that was given or uploaded; null: none any more, undefined: as it is. */
export async function photoOf(
  execute: Execute,
  fields: PictureFields,
  request: HttpRequest,
): Promise<string | null | undefined> {
  const file = uploadIn(request, 'avatar_file', 'avatar');
  const address = givenAddress(fields);
  if (file === undefined) return address;
  const { name, mimeType, bytes } = file;
  return (await execute({ type: 'file.store', room: null, name, mimeType, bytes })).file.url;
}

/** In a browser the SDK turns a file it cannot send into the text `[object FormData]`. */
function givenAddress({ avatar, avatar_file }: PictureFields): string | null | undefined {
  const address = avatar ?? avatar_file;
  if (address?.startsWith('[object ')) {
    throw new ParlanceError('invalid', 'avatar_file: must be a file or an address', {
      fields: { avatar_file: 'must be a file or an address' },
    });
  }
  return address === '' ? null : address;
}
