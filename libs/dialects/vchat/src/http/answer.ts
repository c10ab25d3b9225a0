import type { Claim, Execute, HttpAnswer, HttpRequest, ListedRoom } from '@parlance/dialect-kit';
import type { ErrorCode, User } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { tokenIn } from '../opening.js';
import { wording } from '../reply.js';
import { wireRoom } from '../room.js';

/** The client knows 400, 403, 404 and 450 (who are you?); the retryable ones keep their own so that others can tell. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  conflict: 400,
  'too-large': 400,
  unsupported: 400,
  unauthenticated: 450,
  'permission-denied': 403,
  'not-found': 404,
  'rate-limited': 429,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
};

/** The client reads `data` of an error as well. */
export function refuse(error: ParlanceError): HttpAnswer {
  return { status: STATUS[error.code], body: { data: wording(error) } };
}

/** Any error answer to a message makes the client delete it; a connection that breaks makes it send the message again. */
export function dropRetryable(error: ParlanceError): HttpAnswer | null {
  return error.retryable ? { ...refuse(error), drop: true } : null;
}

/** A denied call is worded as a bad request here. */
export function deniedAsInvalid(error: ParlanceError): HttpAnswer | null {
  return error.code === 'permission-denied' ? { ...refuse(error), status: STATUS.invalid } : null;
}

export function credential(headers: HttpRequest['headers']): string | null {
  return tokenIn(headers['authorization']);
}

export function claimOf(_input: unknown, { headers }: HttpRequest): Claim {
  return { credential: credential(headers) ?? undefined };
}

/** Only `data` is read of a success. */
export function ok(data: unknown): HttpAnswer {
  return { status: 200, body: { data } };
}

/** For calls whose answer nobody reads: JSON all the same. */
export const DONE: HttpAnswer = ok('OK');

export interface Paging {
  readonly page: number;
  readonly limit: number;
}

/** A page of a list; `nextPage` only while there is one. */
export function pageOf(docs: readonly unknown[], { page, limit }: Paging, total: number): HttpAnswer {
  return ok({ docs, page, limit, ...(page * limit < total ? { nextPage: page + 1 } : {}) });
}

export function offsetOf({ page, limit }: Paging): number {
  return (page - 1) * limit;
}

/** Whoever the request's token belongs to. Errors: `unauthenticated`. */
export async function self(execute: Execute): Promise<User> {
  return (await execute({ type: 'session.identify' })).user;
}

/** A room as the caller's list would show it, its last message with what that one answers. */
export async function shownRoom(execute: Execute, listed: ListedRoom, viewerId: string): Promise<object> {
  const answered = listed.lastMessage?.replyTo ?? null;
  const replied = answered === null ? null : await messageOrNull(execute, answered);
  return wireRoom(listed, viewerId, replied);
}

export async function messageOrNull(execute: Execute, messageId: string) {
  try {
    return (await execute({ type: 'message.get', messageId })).message;
  } catch (error) {
    if (error instanceof ParlanceError && error.code === 'not-found') return null;
    throw error;
  }
}
