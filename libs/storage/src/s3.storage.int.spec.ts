import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startS3Server, type S3Server } from './s3-server.fixture.js';
import { S3Storage } from './s3.storage.js';
import { storageConformance } from './storage.conformance.js';

function storageAt({ url, ...more }: S3Server, over: object = {}): S3Storage {
  return new S3Storage({ ...more, endpoint: url, region: 'us-east-1', ...over });
}

storageConformance('a bucket of an S3-compatible server', async () => {
  const server = await startS3Server();
  const storage = storageAt(server);
  return {
    storage,
    close: async () => {
      storage.close();
      await server.close();
    },
  };
});

describe('presigned URLs', () => {
  let server: S3Server;
  let storage: S3Storage;
  beforeAll(async () => {
    server = await startS3Server();
    storage = storageAt(server);
    await storage.put('t/file', Buffer.from('hello'), 'text/plain');
  });
  afterAll(async () => {
    storage.close();
    await server.close();
  });

  const as = { mimeType: 'application/pdf', disposition: 'attachment; filename="a.pdf"' };
  const urlOf = async (from: S3Storage): Promise<URL> => {
    const found = await from.get('t/file', as);
    if (found?.kind !== 'url') throw new Error('A URL was expected.');
    return new URL(found.url);
  };

  it('answer as the reader is to take it, for five minutes', async () => {
    const url = await urlOf(storage);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toContain('application/pdf');
    expect(response.headers.get('content-disposition')).toBe(as.disposition);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
  });

  it('carry a signature over the key, the times and how to answer', async () => {
    const signature = async (from: S3Storage): Promise<string | null> =>
      (await urlOf(from)).searchParams.get('X-Amz-Signature');
    const resigned = storageAt(server, { secretAccessKey: 'another' });
    expect(await signature(storage)).toMatch(/^[0-9a-f]{64}$/);
    expect(await signature(resigned)).not.toBe(await signature(storage));
    resigned.close();
  });

  it('end', async () => {
    const late = await urlOf(storage);
    late.searchParams.set('X-Amz-Date', '20200101T000000Z');
    expect((await fetch(late)).status).toBe(403);
  });

  it('name the address that readers reach', async () => {
    const outward = storageAt(server, { publicEndpoint: 'https://files.sample.test' });
    expect((await urlOf(outward)).host).toBe('files.sample.test');
    outward.close();
  });

  it('an unknown key and a missing bucket are errors, not absence', async () => {
    const wrong = storageAt(server, { accessKeyId: 'unknown' });
    await expect(wrong.put('t/x', Buffer.from('x'), 'text/plain')).rejects.toThrow();
    const nowhere = storageAt(server, { bucket: 'nowhere' });
    await expect(nowhere.put('t/x', Buffer.from('x'), 'text/plain')).rejects.toThrow();
    wrong.close();
    nowhere.close();
  });
});
