import { getFile, getRoom, registerFile } from '@parlance/contracts';
import type { StoredFile } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import type { Caller } from './caller.js';
import { actorOf, viewerOf } from './caller.js';
import { inspect } from './file-inspection.js';
import type { FilePorts } from './file.ports.js';
import { previewOf } from './link-preview.js';
import { fetchPage } from './page-fetch.js';

type FileIntent = 'file.store' | 'file.get' | 'link.preview';

const MAX_NAME_CHARS = 255;

export function fileActions({ bus, directory, newId, storage: files }: ActionContext): Pick<Actions, FileIntent> {
  return {
    'file.store': async (caller, { room, name, mimeType, bytes }) => {
      const { storage, urls, rules } = portsOf(files);
      const tenantId = caller.tenant.id;
      const ownerId = actorOf(caller)?.id ?? null;
      const roomId = room === null ? null : await memberRoom(caller, room);
      requireSize(bytes, rules.maxBytes);
      const facts = await inspect(bytes, mimeType);
      if (!rules.types.includes(facts.mimeType)) throw refusedType(facts.mimeType);
      if (roomId === null && !facts.mimeType.startsWith('image/')) throw refusedType(facts.mimeType);
      const noted = { id: newId(), roomId, ownerId, name: plainName(name), size: bytes.byteLength, ...facts };
      const key = `${encoded(tenantId)}/${encoded(noted.id)}`;
      await kept(() => storage.put(key, bytes, facts.mimeType));
      try {
        const { file } = await bus.request(registerFile, { tenantId, file: noted, key });
        return { file: withUrl(file, urls.urlOf(tenantId, file)) };
      } catch (error) {
        // Nobody learned of it, so nobody would ever read or remove it.
        await kept(() => storage.remove(key));
        throw error;
      }
    },
    'file.get': async (caller, { fileId }) => {
      const { urls } = portsOf(files);
      const tenantId = caller.tenant.id;
      const { file } = await bus.request(getFile, { tenantId, viewerId: viewerOf(caller), fileId });
      return { file: withUrl(file, urls.urlOf(tenantId, file)) };
    },
    'link.preview': async (caller, { url }) => {
      // A stranger does not make this server fetch anything.
      actorOf(caller);
      return previewOf(await fetchPage(url));
    },
  };

  /** The room's id, if the caller may put something into it. Errors: `not-found`. */
  async function memberRoom(caller: Caller, key: string): Promise<string> {
    const tenantId = caller.tenant.id;
    const { id: roomId } = await directory.room(tenantId, key);
    await bus.request(getRoom, { tenantId, viewerId: viewerOf(caller), roomId });
    return roomId;
  }
}

function portsOf(files: FilePorts | null | undefined): FilePorts {
  if (files == null) throw new ParlanceError('unsupported', 'No storage for files is set up here.');
  return files;
}

function requireSize({ byteLength }: Uint8Array, maxBytes: number): void {
  if (byteLength === 0) throw new ParlanceError('invalid', 'The file is empty.');
  if (byteLength > maxBytes) throw new ParlanceError('too-large', `A file has at most ${maxBytes} bytes.`);
}

function refusedType(mimeType: string): ParlanceError {
  return new ParlanceError('invalid', `Files of the type ${mimeType} are not taken here.`);
}

/** The name without a path, control characters or half characters: it is shown and saved by others. */
export function plainName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}\p{Cf}\p{Surrogate}\p{Zl}\p{Zp}]/gu, '').trim();
  return /^\.*$/.test(plain) ? 'file' : Array.from(plain).slice(0, MAX_NAME_CHARS).join('');
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function withUrl(file: Omit<StoredFile, 'url'>, url: string): StoredFile {
  return { ...file, url };
}

async function kept(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const details = { retryAfterMs: 1_000 };
    throw new ParlanceError('unavailable', 'The file storage is away. Try again.', details, { cause });
  }
}
