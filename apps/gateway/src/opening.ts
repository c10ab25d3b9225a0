import type { Dialect, Handshake } from '@parlance/dialect-kit';
import type { Socket } from 'socket.io';
import { z } from 'zod';

const namedSchema = z.object({ dialect: z.string() });
const returningSchema = z.object({ pid: z.string().max(4_096) });

export function handshakeOf(socket: Socket): Handshake {
  const { headers, query, auth } = socket.handshake;
  return { headers, query, auth };
}

/**
 * Which dialect is this (design.md section 3)? Its own namespace says so, or an explicit `dialect` in auth or query, or marks in the
 * handshake; null: the first event will tell.
 */
export function dialectAt(namespace: string, handshake: Handshake, dialects: readonly Dialect[]): Dialect | null {
  const named = (name: string): Dialect | null => dialects.find((dialect) => dialect.name === name) ?? null;
  if (namespace !== '/') return named(namespace.slice(1));
  const explicit = namedSchema.safeParse(handshake.auth).data ?? namedSchema.safeParse(handshake.query).data;
  if (explicit !== undefined) return named(explicit.dialect);
  // A client of the 2.x era is in the root namespace on its way to any other: what it brings may be meant for that one.
  if (handshake.query['EIO'] === OLD_PROTOCOL) return null;
  return dialects.find((dialect) => dialect.opening.marks(handshake)) ?? null;
}

/** Engine.IO 3, which socket.io-client 2.x speaks. */
const OLD_PROTOCOL = '3';

/** Sessions that a token names, newest first: more are not kept. */
const MAX_SESSIONS = 8;

/**
 * A client's session and those it may come from. A client learns its new session before that one is stored; were the gateway to die
 * in between, only the one before it would be known. So a token names both, and resuming tries them in turn. A session that was found
 * stands for all before it: it continues them.
 */
export function lineOf(sessionId: string, before: readonly string[], found: string | null): string {
  return [sessionId, ...(found === null ? before : [found])].slice(0, MAX_SESSIONS).join('.');
}

export function sessionsOf(line: string): readonly string[] {
  return line.split('.').slice(0, MAX_SESSIONS);
}

/** The sealed session token that a returning client brings back, as socket.io-client >= 4.6 does by itself. */
export function returningToken(handshake: Handshake): string | null {
  return returningSchema.safeParse(handshake.auth).data?.pid ?? null;
}

export function firstHeader(value: string | readonly string[] | undefined): string | null {
  if (value === undefined || typeof value === 'string') return value ?? null;
  return value[0] ?? null;
}
