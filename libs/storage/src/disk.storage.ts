import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Storage, StoredObject } from './storage.js';
import { checkedKey } from './storage.js';

/** Objects as files of one folder, which is made when it is missing. */
export class DiskStorage implements Storage {
  private readonly root: string;

  constructor(folder: string) {
    this.root = resolve(folder);
  }

  /** Written beside, brought to the disk and renamed, so that a crash never leaves half of it under its name. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    const file = this.pathOf(key);
    const fresh = `${file}.${randomUUID()}.new`;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    try {
      await writeDurably(fresh, bytes);
      await rename(fresh, file);
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
  }

  async get(key: string): Promise<StoredObject | null> {
    const handle = await open(this.pathOf(key), 'r').catch(absentAsNull);
    if (handle === null) return null;
    const { size } = await handle.stat();
    return { kind: 'stream', stream: handle.createReadStream(), size };
  }

  async remove(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  private pathOf(key: string): string {
    return join(this.root, ...checkedKey(key).split('/'));
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function absentAsNull(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
