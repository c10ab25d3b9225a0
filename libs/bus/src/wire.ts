import { type ErrorDetails, isErrorCode, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { MAX_REPORTED_FIELDS } from './limits.js';

/**
 * A wire request: the items of one turn for one contract. `ttl` (milliseconds left) and `trace` are one value when all items share it,
 * else one per item: clocks of two machines are never compared.
 */
const requestEnvelope = z.object({
  v: z.int(),
  ttl: z.union([z.number(), z.array(z.number())]),
  trace: z.union([z.string(), z.null(), z.array(z.string().nullable())]),
  items: z.array(z.unknown()).min(1),
});
export type RequestEnvelope = z.infer<typeof requestEnvelope>;

const wireAnswer = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      code: z.string(),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
]);
export type WireAnswer = z.infer<typeof wireAnswer>;

/** A wire answer: to all items in their order, or, when `at` is there, to the items at those places. */
const answerEnvelope = z.object({
  v: z.int(),
  at: z.array(z.int().nonnegative()).optional(),
  answers: z.array(wireAnswer),
});
export type AnswerEnvelope = z.infer<typeof answerEnvelope>;

/** `traces`: traceparents of the payload's parts, absent when there are none. */
const eventEnvelope = z.object({
  v: z.int(),
  name: z.string(),
  traces: z.array(z.string().nullable()).optional(),
  payload: z.unknown(),
});
export type EventEnvelope = z.infer<typeof eventEnvelope>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is not an envelope: the schema refuses undefined, and the reader reports it.
    return undefined;
  }
}

export function readRequest(text: string): RequestEnvelope | null {
  return requestEnvelope.safeParse(parseJson(text)).data ?? null;
}

export function readAnswer(text: string): AnswerEnvelope | null {
  return answerEnvelope.safeParse(parseJson(text)).data ?? null;
}

export function readEvent(text: string): EventEnvelope | null {
  return eventEnvelope.safeParse(parseJson(text)).data ?? null;
}

function shared<T>(values: readonly T[]): T | readonly T[] {
  const first = values[0];
  return first !== undefined && values.every((value) => value === first) ? first : values;
}

/** `items` are JSON already, so that each is encoded once however the batch is split. */
export function writeRequest(
  v: number,
  ttls: readonly number[],
  traces: readonly (string | null)[],
  items: readonly string[],
): string {
  const head = `{"v":${v},"ttl":${JSON.stringify(shared(ttls))},"trace":${JSON.stringify(shared(traces))}`;
  return `${head},"items":[${items.join(',')}]}`;
}

export function writeAnswer(v: number, at: readonly number[] | null, answers: readonly string[]): string {
  const places = at === null ? '' : `"at":[${at.join(',')}],`;
  return `{"v":${v},${places}"answers":[${answers.join(',')}]}`;
}

export function writeEvent(v: number, name: string, payload: unknown, traces: readonly (string | null)[] = []): string {
  const carried = traces.some((trace) => trace !== null) ? `"traces":${JSON.stringify(traces)},` : '';
  return `{"v":${v},"name":${JSON.stringify(name)},${carried}"payload":${encodeJson(payload)}}`;
}

/** JSON of a value, or undefined where JSON has nothing for it; the library's own type leaves that out. */
export function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value);
}

function encodeJson(value: unknown): string {
  return jsonOf(value) ?? 'null';
}

export function writeValue(value: unknown): string {
  return `{"ok":true,"value":${encodeJson(value)}}`;
}

/** Whether an item's answer is an error. */
export function isFailure(answer: string): boolean {
  return answer.startsWith('{"ok":false');
}

export function writeError(error: ParlanceError): string {
  return JSON.stringify({
    ok: false,
    error: { code: error.code, message: error.message, details: error.details },
  });
}

type WireError = Extract<WireAnswer, { ok: false }>['error'];

/** An error of another process. A code this build does not know is `internal`: nothing can be promised about it. */
export function readError(error: WireError): ParlanceError {
  const code = isErrorCode(error.code) ? error.code : 'internal';
  return new ParlanceError(code, error.message, error.details === undefined ? undefined : readDetails(error.details));
}

const detailsSchema = z.looseObject({
  fields: z.record(z.string(), z.string()).optional(),
  retryAfterMs: z.number().optional(),
});

function readDetails(details: Readonly<Record<string, unknown>>): ErrorDetails | undefined {
  return detailsSchema.safeParse(details).data;
}

/** What a schema found wrong, one message per field path. */
export function fieldsOf(error: z.ZodError): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues.slice(0, MAX_REPORTED_FIELDS)) {
    fields[issue.path.map(String).join('.') || '(input)'] ??= issue.message;
  }
  return fields;
}
