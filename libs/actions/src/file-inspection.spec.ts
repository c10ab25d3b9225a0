import fc from 'fast-check';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { inspect } from './file-inspection.js';
import { GIF, PDF, pngOf, WAV, WEBM, ZIP } from './uploads.fixture.js';

const text = Buffer.from('plain words');
const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const sideless = { width: null, height: null };

describe('what an upload is', () => {
  it.each([
    ['a PNG', pngOf(5, 7), 'image/png', { mimeType: 'image/png', width: 5, height: 7 }],
    ['a PNG that claims to be a JPEG', pngOf(5, 7), 'image/jpeg', { mimeType: 'image/png', width: 5, height: 7 }],
    ['a PNG of unknown type', pngOf(2, 1), 'application/octet-stream', { mimeType: 'image/png', width: 2, height: 1 }],
    ['a PNG of no type', pngOf(2, 1), '', { mimeType: 'image/png', width: 2, height: 1 }],
    ['a GIF', GIF, 'image/gif', { mimeType: 'image/gif', width: 3, height: 2 }],
    ['a video', WEBM, 'video/webm', { mimeType: 'video/webm', ...sideless }],
    ['a sound in the container of a video', WEBM, 'audio/webm;codecs=opus', { mimeType: 'audio/webm', ...sideless }],
    ['a WAV under its old name', WAV, 'audio/x-wav', { mimeType: 'audio/wav', ...sideless }],
    ['a PDF', PDF, 'application/pdf', { mimeType: 'application/pdf', ...sideless }],
    ['a PDF that claims to be a text', PDF, 'text/plain', { mimeType: 'application/pdf', ...sideless }],
    ['a text', text, 'text/plain; charset=utf-8', { mimeType: 'text/plain', ...sideless }],
    ['a page', Buffer.from('<html>'), 'TEXT/HTML', { mimeType: 'text/html', ...sideless }],
    ['something else', text, 'application/octet-stream', { mimeType: 'application/octet-stream', ...sideless }],
    ['a nonsense type', text, 'a/b/c\r\nX: y', { mimeType: 'application/octet-stream', ...sideless }],
  ])('%s', async (_, bytes, claimed, expected) => {
    expect(await inspect(bytes, claimed)).toEqual(expected);
  });

  it.each([
    ['a text as an image', text, 'image/png'],
    ['a drawing with a script as an image', svg, 'image/svg+xml'],
    ['a page as an image', Buffer.from('<html><script>1</script>'), 'image/gif'],
    ['a PDF as an image', PDF, 'image/png'],
    ['an image as a video', pngOf(2, 2), 'video/mp4'],
    ['a text as a voice', text, 'audio/ogg'],
    ['an archive as a video', ZIP, 'video/mp4'],
    ['a text as a PDF', text, 'application/pdf'],
    ['an image without its body', pngOf(2, 2).subarray(0, 12), 'image/png'],
    ['an image of no size', pngOf(1, 1, [0, 5]), 'image/png'],
  ])('%s is refused', async (_, bytes, claimed) => {
    await expect(inspect(bytes, claimed)).rejects.toMatchObject({ code: 'invalid' });
  });

  it.each([
    [65_535, 65_535],
    [2_147_483_647, 1],
    [10_001, 10_000],
  ])('a few bytes that claim to be %i x %i pixels are refused', async (width, height) => {
    const bomb = pngOf(1, 1, [width, height]);
    expect(bomb.length).toBeLessThan(100);
    await expect(inspect(bomb, 'image/png')).rejects.toMatchObject({ code: 'too-large' });
  });

  it('never ends but with an answer or a coded refusal', async () => {
    const heads = [Buffer.alloc(0), pngOf(1, 1), GIF, WEBM, WAV, ZIP, PDF, Buffer.from('ffd8ffe1', 'hex')];
    const types = fc.constantFrom('image/png', 'image/jpeg', 'video/mp4', 'application/zip', 'text/plain', '');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 200 }),
        types,
        async (head, tail, type) => {
          const outcome = await inspect(Buffer.concat([head, tail]), type).catch((error: unknown) => error);
          expect(outcome instanceof Error ? outcome instanceof ParlanceError : true).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });
});
