import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { ParlanceError } from '@parlance/domain';
import { checkText } from '../message/draft.rules.js';
import { roomNotFound } from '../room/room.rules.js';
import { FileRepository, type KeptFile, type NewFile, type NotedFile } from './file.repository.js';

const NAME_CHARS = 512;
const MIME_TYPE_CHARS = 256;
const KEY_CHARS = 512;

@Injectable()
export class FileService {
  constructor(@Inject(FileRepository) private readonly files: FileRepository) {}

  /** Repeated with the same file it changes nothing; another file under the same id is a `conflict`. */
  async register(tenantId: string, file: NewFile, key: string): Promise<NotedFile> {
    checkText('name', file.name, NAME_CHARS);
    checkText('mimeType', file.mimeType, MIME_TYPE_CHARS);
    checkText('key', key, KEY_CHARS);
    const kept = await this.files.add(tenantId, file, key);
    if (kept === null) throw roomNotFound();
    const { createdAt: _, ...stored } = kept.file;
    if (kept.key === key && isDeepStrictEqual(stored, { ...file })) return kept.file;
    throw new ParlanceError('conflict', 'This file id is taken.');
  }

  async get(tenantId: string, fileId: string, viewerId: string | null): Promise<KeptFile> {
    const found = await this.files.find(tenantId, fileId, viewerId);
    if (found === null) throw new ParlanceError('not-found', 'File not found.');
    return found;
  }
}
