import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskStorage } from './disk.storage.js';
import { storageConformance } from './storage.conformance.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'parlance-storage-'));

storageConformance('a folder', async () => {
  const folder = await newFolder();
  // Made when missing.
  return {
    storage: new DiskStorage(join(folder, 'deep', 'uploads')),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('an object that is being replaced', () => {
  it('is never seen by half', async () => {
    const folder = await newFolder();
    const storage = new DiskStorage(folder);
    const size = 300_000;
    await storage.put('t/race', Buffer.alloc(size, 'z'));
    const read = async (): Promise<Buffer> => {
      const found = await storage.get('t/race');
      return found?.kind === 'stream' ? buffer(found.stream) : Buffer.alloc(0);
    };
    const reads = Promise.all(Array.from({ length: 8 }, read));
    await Promise.all(['a', 'b', 'c', 'd'].map((letter) => storage.put('t/race', Buffer.alloc(size, letter))));
    for (const bytes of await reads) {
      expect(bytes).toHaveLength(size);
      expect(new Set(bytes).size).toBe(1);
    }
    await rm(folder, { recursive: true, force: true });
  });
});

describe('a folder that cannot be written', () => {
  let folder: string;
  beforeEach(async () => void (folder = await newFolder()));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('fails the put and leaves nothing behind', async () => {
    // A directory stands where the object would be: the rename fails after the bytes were written.
    await new DiskStorage(folder).put('t/file/below', Buffer.from('x'));
    await expect(new DiskStorage(folder).put('t/file', Buffer.from('y'))).rejects.toThrow();
    expect(await readdir(join(folder, 't'))).toEqual(['file']);
  });

  it('is told apart from an object that is not there', async () => {
    const file = join(folder, 'plain');
    await writeFile(file, 'x');
    await expect(new DiskStorage(file).get('t/file')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
