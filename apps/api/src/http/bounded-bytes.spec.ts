import type { IncomingHttpHeaders } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { boundedBytes } from './bounded-bytes.js';

function request(headers: IncomingHttpHeaders = {}) {
  return Object.assign(new PassThrough(), { headers });
}

const coded = (code: string): unknown => expect.objectContaining({ code });
const OVERRUN = { bytes: 10, ms: 60_000 };

describe('boundedBytes', () => {
  it('gives a body of exactly the limit, whole', async () => {
    const stream = request();
    const bytes = boundedBytes(stream, 6);
    stream.write('abc');
    stream.end('def');
    expect((await bytes).toString()).toBe('abcdef');
  });

  it('refuses one byte more, once the little that is over has come', async () => {
    const stream = request();
    const bytes = boundedBytes(stream, 6, OVERRUN);
    stream.write('abcdefg');
    stream.end();
    await expect(bytes).rejects.toEqual(coded('too-large'));
  });

  it('refuses without waiting for the end when far more comes', async () => {
    const stream = request();
    const bytes = boundedBytes(stream, 6, OVERRUN);
    stream.write('x'.repeat(17));
    await expect(bytes).rejects.toEqual(coded('too-large'));
    expect(stream.isPaused()).toBe(true);
  });

  it('refuses when what is over does not end in time', async () => {
    const stream = request();
    const bytes = boundedBytes(stream, 6, { bytes: 10, ms: 1 });
    stream.write('x'.repeat(7));
    await expect(bytes).rejects.toEqual(coded('too-large'));
  });

  it('gives nothing of a body that breaks off, or that broke off before', async () => {
    const stream = request();
    const bytes = boundedBytes(stream, 6);
    stream.write('abc');
    stream.destroy();
    await expect(bytes).rejects.toEqual(coded('invalid'));
    await expect(boundedBytes(stream, 6)).rejects.toEqual(coded('invalid'));
  });

  it('reads no compressed body', async () => {
    const stream = request({ 'content-encoding': 'gzip' });
    await expect(boundedBytes(stream, 6)).rejects.toEqual(coded('invalid'));
  });
});
