import { ParlanceError } from '@parlance/domain';

/** Bytes as the text they are. Errors: `invalid` for what is no UTF-8. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ParlanceError('invalid', 'The body is not UTF-8.');
  }
}

/** An empty body is an empty object: a call without any field needs none. Errors: `invalid`. */
export function parseJson(bytes: Buffer): unknown {
  const text = textOf(bytes).trim();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ParlanceError('invalid', 'The body is not JSON.');
  }
}

const MAX_FIELDS = 1_000;

/** Fields of a form; a repeated one is a list. Errors: `invalid`. */
export function parseUrlencoded(bytes: Buffer): Readonly<Record<string, unknown>> {
  const fields = new Map<string, string | readonly string[]>();
  const pairs = [...new URLSearchParams(textOf(bytes))];
  if (pairs.length > MAX_FIELDS) throw new ParlanceError('too-large', `The form has more than ${MAX_FIELDS} fields.`);
  for (const [name, value] of pairs) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value]);
  }
  return Object.fromEntries(fields);
}

export function isMultipart(contentType: string): boolean {
  return /^multipart\//i.test(contentType);
}

export function isUrlencoded(contentType: string): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(contentType);
}

/**
 * The content type with its boundary. Some clients set the header by hand and leave the boundary out; the body's first line
 * says what it is. Errors: `invalid` when it does not.
 */
export function withBoundary(contentType: string, bytes: Buffer): string {
  if (/;\s*boundary=/i.test(contentType)) return contentType;
  const firstLine = /^--([^\r\n"\\]{1,70})\r?\n/.exec(bytes.subarray(0, 128).toString('latin1'));
  if (firstLine?.[1] === undefined) throw new ParlanceError('invalid', 'The multipart body has no boundary.');
  return `multipart/form-data; boundary="${firstLine[1]}"`;
}
