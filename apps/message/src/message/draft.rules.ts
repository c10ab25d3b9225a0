import { isEmptyDraft, jsonProblem, ParlanceError, type Draft, type Metadata } from '@parlance/domain';

export interface DraftLimits {
  readonly textChars: number;
  readonly jsonDepth: number;
  /** bytes of one metadata value */
  readonly metadataBytes: number;
  readonly metadataKeys: number;
}

/** Values and keys one JSON object may have; far above what its size allows anyway. */
const MAX_JSON_NODES = 20_000;

/** What Postgres can store neither as text nor in jsonb: NUL and half a surrogate pair. */
const UNSTORABLE = /[\0]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** The same as JSON.stringify writes it; a match may also be a harmless backslash before such letters. */
const UNSTORABLE_JSON = /\\u0000|\\ud[89a-f]/;

/** @throws ParlanceError `invalid` or `too-large`, naming the field */
export function checkDraft(draft: Draft, limits: DraftLimits): void {
  if (isEmptyDraft(draft)) throw invalid('text', 'must not be empty without an attachment');
  checkText('text', draft.text, limits.textChars);
  checkJson('attachment', draft.attachment, limits);
  checkMetadata('metadata', draft.metadata, limits);
  checkMetadata('extras', draft.extras, limits);
}

export function checkText(field: string, text: string | null, maxChars: number): void {
  if (text === null) return;
  if (text.length > maxChars) throw tooLarge(field, `may have at most ${maxChars} characters`);
  if (UNSTORABLE.test(text)) throw invalid(field, 'must be well-formed text without NUL characters');
}

export function checkMetadata(field: string, metadata: Metadata, limits: DraftLimits): void {
  const keys = Object.keys(metadata);
  if (keys.length === 0) return;
  if (keys.length > limits.metadataKeys) throw invalid(field, `may have at most ${limits.metadataKeys} keys`);
  for (const key of keys) {
    if (Buffer.byteLength(JSON.stringify(metadata[key] ?? null)) > limits.metadataBytes) {
      throw tooLarge(field, `may have at most ${limits.metadataBytes} bytes per key`);
    }
  }
  checkJson(field, metadata, limits);
}

export function checkJson(field: string, value: unknown, limits: DraftLimits): void {
  if (value === null || value === undefined) return;
  const problem = jsonProblem(value, { depth: limits.jsonDepth, nodes: MAX_JSON_NODES });
  if (problem !== null) throw invalid(field, problem);
  if (UNSTORABLE_JSON.test(JSON.stringify(value)) && hasUnstorable(value)) {
    throw invalid(field, 'must be well-formed text without NUL characters');
  }
}

/** Depth is bounded by the check before. */
function hasUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return UNSTORABLE.test(value);
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, item]) => UNSTORABLE.test(key) || hasUnstorable(item));
}

export function invalid(field: string, problem: string): ParlanceError {
  return new ParlanceError('invalid', `${field} ${problem}.`, { fields: { [field]: problem } });
}

function tooLarge(field: string, problem: string): ParlanceError {
  return new ParlanceError('too-large', `${field} ${problem}.`, { fields: { [field]: problem } });
}
