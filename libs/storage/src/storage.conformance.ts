import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Storage } from './storage.js';

/** What every implementation of `Storage` does; `open` makes one over an empty place. */
export function storageConformance(
  name: string,
  open: () => Promise<{ readonly storage: Storage; readonly close: () => Promise<void> }>,
): void {
  describe(name, () => {
    let storage: Storage;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ storage, close } = await open());
    });
    afterAll(() => close());

    const as = { mimeType: 'image/png', disposition: 'attachment; filename="a.png"' };

    async function read(key: string): Promise<Buffer | null> {
      const found = await storage.get(key, as);
      if (found === null) return null;
      if (found.kind === 'url') return Buffer.from(await (await fetch(found.url)).arrayBuffer());
      const bytes = await buffer(found.stream);
      expect(found.size).toBe(bytes.length);
      return bytes;
    }

    it('gives back what was put, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256));
      await storage.put('t-1/file_1', bytes, 'image/png');
      expect((await read('t-1/file_1'))?.equals(bytes)).toBe(true);
    });

    it('keeps an object of no bytes', async () => {
      await storage.put('t-1/empty', new Uint8Array(0), 'text/plain');
      expect(await read('t-1/empty')).toHaveLength(0);
    });

    it('replaces an object whole', async () => {
      await storage.put('t-1/again', Buffer.alloc(5_000, 'a'), 'text/plain');
      await storage.put('t-1/again', Buffer.from('short'), 'text/plain');
      expect(String(await read('t-1/again'))).toBe('short');
    });

    it('knows nothing under another key, nor of a removed object; removing twice is well', async () => {
      await storage.put('t-1/gone', Buffer.from('x'), 'text/plain');
      expect(await read('t-2/gone')).toBeNull();
      await storage.remove('t-1/gone');
      await storage.remove('t-1/gone');
      expect(await read('t-1/gone')).toBeNull();
    });

    it.each([
      '',
      '/',
      '../up',
      't/../../up',
      '/etc/passwd',
      't//x',
      't/.',
      'a b',
      'a\u0000b',
      'ä',
      't\\x',
      'a%2f..',
      'x'.repeat(300),
    ])('refuses the key %j for everything', async (key) => {
      await expect(storage.put(key, new Uint8Array(1), 'text/plain')).rejects.toThrow(TypeError);
      await expect(storage.get(key, as)).rejects.toThrow(TypeError);
      await expect(storage.remove(key)).rejects.toThrow(TypeError);
    });
  });
}
