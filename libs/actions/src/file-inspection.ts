import { ParlanceError } from '@parlance/domain';
import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';

/** What an upload is, as its bytes have it. */
export interface Inspected {
  readonly mimeType: string;
  /** pixels as a person sees them; null for what is no image */
  readonly width: number | null;
  readonly height: number | null;
}

/** An image of more claims a memory that no phone has: a header of a few bytes can say so. */
const MAX_PIXELS = 100_000_000;
const MAX_SIDE = 30_000;
const UNKNOWN = 'application/octet-stream';
const MIME_TYPE = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,100}$/;

/** Wires and browsers call them by several names. */
const SAME: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/apng': 'image/png',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/opus': 'audio/ogg',
  'audio/m4a': 'audio/x-m4a',
  'audio/x-aac': 'audio/aac',
  'audio/x-flac': 'audio/flac',
  'video/x-matroska': 'video/matroska',
  'video/vnd.avi': 'video/x-msvideo',
  'video/avi': 'video/x-msvideo',
  'video/x-m4v': 'video/mp4',
  'application/x-zip-compressed': 'application/zip',
};

/** Formats of old offices share one container, which says nothing of what is in it. */
const CONTAINER = 'application/x-cfb';
const IN_CONTAINER = new Set(['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint']);

/**
 * The type and size of an upload by its content: a claimed image, video or sound must be one, and what can be recognized is called what
 * it is. Errors: `invalid` (it is not what it claims, or is damaged), `too-large` (an image of too many pixels).
 */
export async function inspect(bytes: Uint8Array, claimed: string): Promise<Inspected> {
  const mimeType = settledType(claimedType(claimed), await sniffed(bytes));
  if (!mimeType.startsWith('image/')) return { mimeType, width: null, height: null };
  return { mimeType, ...dimensions(bytes) };
}

function claimedType(claimed: string): string {
  const plain = claimed.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return MIME_TYPE.test(plain) ? canonical(plain) : UNKNOWN;
}

async function sniffed(bytes: Uint8Array): Promise<string | null> {
  const found = await fileTypeFromBuffer(bytes).catch(() => {
    throw damaged();
  });
  return found === undefined ? null : canonical(found.mime.split(';', 1)[0] ?? '');
}

function canonical(type: string): string {
  return SAME[type] ?? type;
}

function settledType(claimed: string, found: string | null): string {
  const family = familyOf(claimed);
  if (found === null) {
    if (family !== null || claimed === 'application/pdf' || claimed === 'application/zip') throw notThat(claimed);
    return claimed;
  }
  if (found === CONTAINER) return IN_CONTAINER.has(claimed) ? claimed : UNKNOWN;
  if (family !== null && family !== familyOf(found)) throw notThat(claimed);
  // A container of sound and pictures is what its sender says, as long as it is one.
  return family === 'media' && baseOf(claimed) === baseOf(found) ? claimed : found;
}

/** What must match its content: pictures, and films or sounds, whose containers are the same. */
function familyOf(type: string): 'image' | 'media' | null {
  if (type.startsWith('image/')) return 'image';
  return type.startsWith('video/') || type.startsWith('audio/') || type === 'application/ogg' ? 'media' : null;
}

function baseOf(type: string): string {
  return type.replace(/^\w+\//, '');
}

/** Sideways pictures are told as they are shown. */
function dimensions(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const { width, height, orientation } = measured(bytes);
  if (!(width > 0 && height > 0)) throw damaged();
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw new ParlanceError('too-large', `An image has at most ${MAX_PIXELS / 1_000_000} million pixels.`);
  }
  return (orientation ?? 1) >= 5 ? { width: height, height: width } : { width, height };
}

function measured(bytes: Uint8Array): ReturnType<typeof imageSize> {
  try {
    return imageSize(bytes);
  } catch {
    throw damaged();
  }
}

function notThat(what: string): ParlanceError {
  return new ParlanceError('invalid', `The file is not what it is said to be (${what}).`);
}

function damaged(): ParlanceError {
  return new ParlanceError('invalid', 'The file is damaged: it cannot be read as what it is.');
}
