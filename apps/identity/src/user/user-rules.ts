import { jsonProblem, ParlanceError, type Metadata, type User, type UserFields } from '@parlance/domain';
import { isDeepStrictEqual } from 'node:util';

export interface MetadataBounds {
  readonly keys: number;
  /** bytes of JSON per key */
  readonly bytes: number;
  readonly depth: number;
}

/** The columns of a user that somebody chooses. */
export type UserDraft = Pick<
  User,
  'id' | 'username' | 'identifier' | 'name' | 'photo' | 'isBot' | 'verified' | 'timeZone' | 'metadata'
>;

const MAX_METADATA_VALUES = 10_000;
const DECIMAL = /^(0|[1-9]\d{0,15})$/;

/** The number that an id is, when it is a decimal in its one spelling and safe in JavaScript; else null. */
export function ownNumber(id: string): number | null {
  const number = DECIMAL.test(id) ? Number(id) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** A new user with the defaults of native-api.md. */
export function draftUser(id: string, fields: UserFields, username: string = fields.username ?? id): UserDraft {
  return {
    id,
    username,
    identifier: fields.identifier ?? id,
    name: fields.name ?? username,
    photo: fields.photo ?? null,
    isBot: fields.isBot ?? false,
    verified: fields.verified ?? true,
    timeZone: fields.timeZone ?? null,
    metadata: fields.metadata ?? {},
  };
}

/** The fields that would change the user; null when none does. */
export function changesOf(user: User, fields: UserFields): UserFields | null {
  const changed = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && !isDeepStrictEqual(value, Reflect.get(user, name)),
  );
  return changed.length === 0 ? null : Object.fromEntries(changed);
}

/** Whether Postgres can keep a text as it is: it has no NUL, and a lone surrogate has no UTF-8. */
export function isStorable(text: string): boolean {
  return !/\u0000|\p{Surrogate}/u.test(text);
}

/** The same of a JSON text: it writes what Postgres cannot keep as an escape, so these are looked for as they are spelled. */
export function isStorableJson(json: string): boolean {
  return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(json);
}

/** Refuses what cannot be kept unchanged. Errors: `invalid` and `too-large`, with the field. */
export function checkUser(ref: Readonly<Record<string, string>>, fields: UserFields, bounds: MetadataBounds): void {
  for (const [name, value] of [...Object.entries(ref), ...Object.entries(fields)]) {
    if (typeof value === 'string' && !isStorable(value))
      throw refusal('invalid', name, 'has characters that are no text');
  }
  if (fields.metadata !== undefined) checkMetadata(fields.metadata, bounds);
}

function checkMetadata(metadata: Metadata, bounds: MetadataBounds): void {
  const problem = jsonProblem(metadata, { depth: bounds.depth, nodes: MAX_METADATA_VALUES });
  if (problem !== null) throw refusal('invalid', 'metadata', problem);
  const entries = Object.entries(metadata);
  if (entries.length > bounds.keys) throw refusal('too-large', 'metadata', `has more than ${bounds.keys} keys`);
  for (const [key, value] of entries) checkMetadataEntry(key, value, bounds);
}

function checkMetadataEntry(key: string, value: unknown, bounds: MetadataBounds): void {
  const json = JSON.stringify([key, value]);
  if (Buffer.byteLength(json) > bounds.bytes)
    throw refusal('too-large', 'metadata', `has a key over ${bounds.bytes} bytes`);
  if (!isStorableJson(json)) throw refusal('invalid', 'metadata', 'has characters that are no text');
}

function refusal(code: 'invalid' | 'too-large', field: string, problem: string): ParlanceError {
  return new ParlanceError(code, `The user's ${field} ${problem}.`, { fields: { [field]: problem } });
}
