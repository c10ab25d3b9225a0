import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { ParlanceError, type StoredFile } from '@parlance/domain';
import { createLogger } from '@parlance/observability';
import { FileUrls, type ReadAs, type StoredObject } from '@parlance/storage';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileRouter } from './file.router.js';

const urls = new FileUrls({ secret: 'a secret of the specs, 32 characters or more' });
const file: Omit<StoredFile, 'url'> = {
  id: 'f1',
  roomId: 'r1',
  ownerId: 'ann',
  name: 'a b.pdf',
  mimeType: 'application/pdf',
  size: 5,
  width: null,
  height: null,
  createdAt: '2026-01-02T03:04:05.678Z',
};

let server: Server;
let base: string;
let asked: ReadAs[];
let answer: () => Promise<StoredObject | null>;
let refusals: number;

beforeEach(async () => {
  [asked, refusals] = [[], 0];
  const storage = {
    put: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    get: (_key: string, as: ReadAs) => {
      asked.push(as);
      return answer();
    },
  };
  const bus = { request: () => Promise.resolve({ file, key: 'k' }) };
  const router = fileRouter({
    files: { storage, urls, rules: { maxBytes: 1, types: [] } },
    bus: bus as never,
    pipeline: { answer: () => Promise.reject(new ParlanceError('unauthenticated', 'A credential is needed.')) },
    limits: {
      admitAddress: () =>
        refusals > 2 ? Promise.reject(new ParlanceError('rate-limited', 'Wait.')) : Promise.resolve(),
      noteRefusal: async () => void (refusals += 1),
    },
    logger: createLogger({ service: 'spec', level: 'silent' }),
    trustedProxies: 0,
  });
  server = createServer(express().use(router));
  for (let tries = 0; !server.listening && tries < 50; tries += 1) {
    server.listen(10_000 + Math.floor(Math.random() * 22_000), '127.0.0.1');
    await once(server, 'listening').catch(() => undefined);
  }
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const read = (path = urls.urlOf('demo', file)): Promise<Response> => fetch(`${base}${path}`, { redirect: 'manual' });

describe('a file', () => {
  it('kept in a store with URLs of its own is found there, as it is to be taken', async () => {
    answer = () => Promise.resolve({ kind: 'url', url: 'https://store.test/k?signed' });
    const response = await read();
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://store.test/k?signed']);
    expect(response.headers.get('cache-control')).toBe('private, max-age=60');
    expect(asked).toEqual([{ mimeType: 'application/pdf', disposition: 'attachment; filename="a b.pdf"' }]);
  });

  it('whose bytes are gone is not there', async () => {
    answer = () => Promise.resolve(null);
    const response = await read();
    expect([response.status, response.headers.get('content-disposition')]).toEqual([404, null]);
    expect(await response.json()).toMatchObject({ error: { code: 'not-found', message: 'File not found.' } });
  });

  it('that breaks off in the middle does not look whole', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('ab');
        throw new Error('the disk is gone');
      })(),
    );
    answer = () => Promise.resolve({ kind: 'stream', stream: broken, size: 5 });
    await expect(read().then((response) => response.arrayBuffer())).rejects.toThrow();
  });

  it('of a store that is away is a coded error that says nothing of it', async () => {
    answer = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.9'));
    const response = await read();
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('10.0.0.9');
  });

  it('is not found by guessing for long', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 4; guess += 1) statuses.push((await read(`/f/f1/ZGVtbw.${'x'.repeat(43)}/a`)).status);
    expect(statuses).toEqual([404, 404, 404, 429]);
    expect(asked).toEqual([]);
  });
});
