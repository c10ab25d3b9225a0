import type { Become, Claim, Execute, HttpRequest, HttpRoute, IntentType, ResultOf } from '@parlance/dialect-kit';
import { numberField, parseInput } from '@parlance/dialect-kit';
import type { User } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import type { Missing } from '../reply.js';
import { httpFailure, ok } from '../reply.js';

type Headers = HttpRequest['headers'];

/** All spellings occur: today's, the older ones, and with underscores. */
const TOKEN = ['im-authorization', 'authorization'] as const;
const ADMIN_KEY = ['im-api-key', 'api_key'] as const;
const CLIENT_KEY = ['im-client-key', 'client_key'] as const;

function headerOf(headers: Headers, names: readonly string[]): string | null {
  for (const name of names) {
    const given = headers[name];
    const value = (typeof given === 'string' ? given : given?.[0]) ?? '';
    const bare = value.replace(/^Bearer(?:\s+|$)/i, '').trim();
    if (bare !== '') return bare;
  }
  return null;
}

/** The app server's key before the user's token, and that before the app's own key. */
export function credential(headers: Headers): string | null {
  return headerOf(headers, ADMIN_KEY) ?? headerOf(headers, TOKEN) ?? headerOf(headers, CLIENT_KEY);
}

export function tokenOf(headers: Headers): string | null {
  return headerOf(headers, TOKEN);
}

export function isAdmin(headers: Headers): boolean {
  return headerOf(headers, ADMIN_KEY) !== null;
}

/** What a call can do beside its intents. */
export interface Caller {
  readonly execute: Execute;
  readonly request: HttpRequest;
  readonly become: Become | undefined;
  /** who calls; throws `unauthenticated` when nobody does */
  readonly self: () => Promise<User>;
  /** who looks; null: the app's server itself */
  readonly viewerId: () => Promise<string | null>;
}

interface CallDefinition<S extends z.ZodType> extends Pick<HttpRoute, 'method' | 'path' | 'summary'> {
  readonly body?: HttpRoute['body'];
  /** over `{ params, query, body }` */
  readonly schema: S;
  /** the intent that decides about rate: usually the last */
  readonly asks: IntentType;
  /** `admin`: only with the app server's key */
  readonly who?: 'admin';
  /** whom the app's server names to act */
  readonly acting?: (input: z.output<S>) => string | null | undefined;
  /** what is not found when something is not */
  readonly missing?: Missing;
  /** the answer's `result` */
  readonly run: (caller: Caller, input: z.output<S>) => Promise<unknown>;
}

/** A call in the vendor's envelope. */
export function call<S extends z.ZodType>(definition: CallDefinition<S>): HttpRoute {
  return rawCall({ ...definition, run: async (caller, input) => ok(await definition.run(caller, input)) });
}

interface RawDefinition<S extends z.ZodType> extends Omit<CallDefinition<S>, 'run'> {
  readonly run: (caller: Caller, input: z.output<S>) => ReturnType<ReturnType<HttpRoute['parse']>['run']>;
}

/** A call that words its whole answer itself. */
export function rawCall<S extends z.ZodType>(definition: RawDefinition<S>): HttpRoute {
  const { method, path, summary, schema, asks, missing } = definition;
  return {
    method,
    path,
    summary,
    schema,
    body: definition.body ?? (method === 'get' || method === 'delete' ? 'none' : 'json'),
    refuse: (error) => (error.code === 'not-found' ? httpFailure(error, missing) : null),
    parse: (request) => {
      const input = parseInput(schema, { params: request.params, query: request.query, body: request.body });
      if (definition.who === 'admin') requireAdmin(request.headers);
      const claim = claimOf(request.headers, definition.acting?.(input) ?? null);
      return {
        claim,
        asks,
        run: (execute, become) => definition.run(callerOf(execute, become, request, claim), input),
      };
    },
  };
}

function requireAdmin(headers: Headers): void {
  if (isAdmin(headers)) return;
  if (credential(headers) === null) throw new ParlanceError('unauthenticated', 'IM-API-KEY is needed.');
  throw new ParlanceError('permission-denied', 'Only the app’s server may ask for this, with its IM-API-KEY.');
}

/** Only the app's server names somebody else in a body; `IM-CLIENT-ID` is whom the caller says to be. */
function claimOf(headers: Headers, acting: string | null): Claim {
  const named = (isAdmin(headers) ? acting : null) ?? headerOf(headers, ['im-client-id']);
  const id = named === null ? null : parseInput(idSchema, named);
  return { credential: credential(headers) ?? undefined, ...(id === null ? {} : { user: { id } }) };
}

function callerOf(execute: Execute, become: Become | undefined, request: HttpRequest, claim: Claim): Caller {
  const self = async (): Promise<User> => (await execute({ type: 'session.identify' })).user;
  const isServer = isAdmin(request.headers) && claim.user === undefined;
  return {
    execute,
    become,
    request,
    self,
    viewerId: async () => (isServer ? null : (await self()).id),
  };
}

/** What an intent answers, or null when there is no such thing. */
export async function orNull<T extends IntentType>(asked: Promise<ResultOf<T>>): Promise<ResultOf<T> | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ParlanceError && error.code === 'not-found') return null;
    throw error;
  }
}

// Fields that many calls share

export const roomParams = z.object({ id: idSchema });
export const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 20;
const MAX_SKIP = 1_000_000;

/** 0 is "unlimited" in this wire; here as much as one answer carries. */
export const limitField = numberField(z.number().int().min(0).default(DEFAULT_LIMIT)).transform((limit) =>
  limit === 0 ? MAX_LIMIT : Math.min(limit, MAX_LIMIT),
);
export const skipField = numberField(z.number().int().min(0).max(MAX_SKIP).default(0));

/** An instant in ISO 8601, or as milliseconds since the epoch. */
export const timeField = z.union([z.string().max(64), z.number()]).transform((given, context) => {
  const ms = typeof given === 'number' || /^\d+$/.test(given) ? Number(given) : Date.parse(given);
  const date = new Date(ms);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});

/** One id or a list of them, without repeats. */
export const idsField = z
  .union([idSchema.transform((id) => [id]), z.array(idSchema).max(500)])
  .transform((ids) => [...new Set(ids)]);
/** The same, and at least one. */
export const someIdsField = idsField.refine((ids) => ids.length > 0, { message: 'names nobody' });
