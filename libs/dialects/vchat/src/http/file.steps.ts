import type { Execute, HttpRequest, UploadedFile } from '@parlance/dialect-kit';
import type { StoredFile } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';

/** Every uploaded part of this wire is named so; a video's second one is its still picture. */
const FIELD = 'file';

export function uploads({ files }: HttpRequest): readonly UploadedFile[] {
  return files.filter(({ field }) => field === FIELD);
}

/** `room` null: a picture that anybody may see. */
export async function store(
  execute: Execute,
  { name, mimeType, bytes }: UploadedFile,
  room: string | null,
): Promise<StoredFile> {
  return (await execute({ type: 'file.store', room, name, mimeType, bytes })).file;
}

/** The address of the request's picture, or undefined when it brings none. */
export async function storedPicture(execute: Execute, request: HttpRequest): Promise<string | undefined> {
  const [picture] = uploads(request);
  return picture === undefined ? undefined : (await store(execute, picture, null)).url;
}

export async function requiredPicture(execute: Execute, request: HttpRequest): Promise<string> {
  const url = await storedPicture(execute, request);
  if (url === undefined) throw new ParlanceError('invalid', 'file: is needed');
  return url;
}
