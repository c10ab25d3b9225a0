import { crc32, deflateSync } from 'node:zlib';

/** Whole little files, made here: what is in them is what their readers look at. */

/** A PNG of this size; `claim` puts another size into its header. */
export function pngOf(width: number, height: number, claim?: readonly [number, number]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claim?.[0] ?? width, 0);
  header.writeUInt32BE(claim?.[1] ?? height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  const parts = [chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export const GIF = Buffer.from('R0lGODlhAwACAIAAAAAAAP///yH5BAAAAAAALAAAAAADAAIAAAIDhI9WADs=', 'base64');
export const PDF = Buffer.from('%PDF-1.4\n%%EOF\n');
/** The beginning of a WebM file: EBML with its document type. */
export const WEBM = Buffer.from(
  '1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806700000000',
  'hex',
);
export const WAV = Buffer.concat([Buffer.from('RIFF$\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(40)]);
export const ZIP = Buffer.concat([Buffer.from('504b0304140000000000', 'hex'), Buffer.alloc(40)]);
