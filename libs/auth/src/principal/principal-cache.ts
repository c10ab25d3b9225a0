import type { identityChanged, verifyCredential } from '@parlance/contracts';
import { ParlanceError, type VerifiedCredential } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { canonicalHost } from '../origin/origin.js';
import { MAX_TOKEN_CHARS } from '../token/token.js';

/** A credential as a request brought it, and where it came from. */
export type CredentialRequest = z.infer<typeof verifyCredential.input>;

/** What changed in identity. */
export type IdentityChange = z.infer<typeof identityChanged.payload>;

export interface PrincipalCacheOptions {
  /** asks identity; its `unauthenticated` and `permission-denied` are answers and kept for a short while, other errors are not */
  readonly verify: (request: CredentialRequest) => Promise<VerifiedCredential>;
  /** milliseconds since the epoch */
  readonly now: () => number;
  readonly max?: number;
  readonly ttlMs?: number;
  readonly negativeTtlMs?: number;
  /** verifications under way at once; more are answered `overloaded` */
  readonly maxPending?: number;
}

type Outcome = { readonly principal: VerifiedCredential } | { readonly refusal: ParlanceError };
type Entry = Outcome & { readonly until: number; readonly tags: readonly string[] };

const REFUSALS: readonly string[] = ['unauthenticated', 'permission-denied'];
interface Change {
  readonly count: number;
  /** milliseconds since the epoch */
  readonly at: number;
}

const REMEMBERED_CHANGES = 10_000;
/** How long the news of a change takes to reach every replica of identity, at the most that is expected. */
const SETTLE_MS = 2_000;
const MAX_HEADER_CHARS = 512;

/**
 * Remembers at an edge who a credential is, so that identity is asked once a minute and not per request. An entry never outlives
 * the credential, and goes when identity says that its user, key or tenant changed. Concurrent requests with one credential
 * share one verification.
 */
export class PrincipalCache {
  readonly #options: Required<PrincipalCacheOptions>;
  readonly #entries: LRUCache<string, Entry>;
  readonly #keysByTag = new Map<string, Set<string>>();
  readonly #pending = new Map<string, Promise<Outcome>>();
  /** the newest change by tag, so that no answer from before it is kept */
  readonly #changes = new LRUCache<string, Change>({ max: REMEMBERED_CHANGES });
  #changeCount = 0;
  #running = 0;

  constructor(options: PrincipalCacheOptions) {
    const defaults = { max: 50_000, ttlMs: 60_000, negativeTtlMs: 5_000, maxPending: 10_000 };
    this.#options = { ...defaults, ...options };
    this.#entries = new LRUCache({
      max: this.#options.max,
      dispose: (entry, key) => this.#untag(entry.tags, key),
    });
  }

  /** Entries held now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Who is this? Errors: those of `verify`, `unauthenticated` for an oversized credential, `overloaded`. */
  async get(request: CredentialRequest): Promise<VerifiedCredential> {
    if ((request.credential?.length ?? 0) > MAX_TOKEN_CHARS)
      throw refusedAnew('unauthenticated', 'The credential is too long.');
    const asked = { ...request, host: canonicalHost(request.host), origin: bounded(request.origin) };
    const key = keyOf(asked);
    const outcome = this.#fresh(key) ?? (await this.#share(key, asked));
    if ('principal' in outcome) return outcome.principal;
    throw refusedAnew(outcome.refusal.code, outcome.refusal.message);
  }

  /** Forgets what a change made untrue. Arrow, so that it can be handed to a subscription as it is. */
  readonly evict = (change: IdentityChange): void => {
    const tag = tagOf(change.kind, change.tenantId, change.id);
    this.#changes.set(tag, { count: ++this.#changeCount, at: this.#options.now() });
    this.#pending.clear();
    for (const key of [...(this.#keysByTag.get(tag) ?? [])]) this.#entries.delete(key);
  };

  /** Forgets everything: for an edge that may have missed changes, as after losing the bus. */
  clear(): void {
    this.#changeCount += REMEMBERED_CHANGES + 1;
    this.#pending.clear();
    this.#entries.clear();
  }

  #fresh(key: string): Entry | null {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.until > this.#options.now()) return entry;
    this.#entries.delete(key);
    return null;
  }

  #share(key: string, request: CredentialRequest): Promise<Outcome> {
    const running = this.#pending.get(key);
    if (running !== undefined) return running;
    if (this.#running >= this.#options.maxPending) {
      throw new ParlanceError('overloaded', 'Too many connections are being verified.', { retryAfterMs: 1000 });
    }
    this.#running += 1;
    const started = this.#verify(key, request).finally(() => {
      this.#running -= 1;
      if (this.#pending.get(key) === started) this.#pending.delete(key);
    });
    this.#pending.set(key, started);
    return started;
  }

  async #verify(key: string, request: CredentialRequest): Promise<Outcome> {
    const startedAt = this.#changeCount;
    const outcome = await this.#ask(request);
    const tags = 'principal' in outcome ? tagsOf(outcome.principal) : [];
    if (!this.#mayBeOld(tags, startedAt)) this.#keep(key, { ...outcome, tags, until: this.#untilOf(outcome) });
    return outcome;
  }

  /** Asked before a change, or so soon after it that the replica of identity that answered may not have heard of it. */
  #mayBeOld(tags: readonly string[], startedAt: number): boolean {
    if (this.#changeCount - startedAt > REMEMBERED_CHANGES) return true;
    return tags.some((tag) => {
      const change = this.#changes.get(tag);
      return change !== undefined && (change.count > startedAt || this.#options.now() - change.at < SETTLE_MS);
    });
  }

  async #ask(request: CredentialRequest): Promise<Outcome> {
    try {
      return { principal: await this.#options.verify(request) };
    } catch (error) {
      if (error instanceof ParlanceError && REFUSALS.includes(error.code)) return { refusal: error };
      throw error;
    }
  }

  #untilOf(outcome: Outcome): number {
    const { now, ttlMs, negativeTtlMs } = this.#options;
    if ('refusal' in outcome) return now() + negativeTtlMs;
    const { expiresAt } = outcome.principal;
    return Math.min(now() + ttlMs, expiresAt === null ? Infinity : Date.parse(expiresAt));
  }

  #keep(key: string, entry: Entry): void {
    if (entry.until <= this.#options.now()) return;
    this.#entries.set(key, entry);
    for (const tag of entry.tags) this.#tag(tag, key);
  }

  #tag(tag: string, key: string): void {
    const keys = this.#keysByTag.get(tag);
    if (keys === undefined) this.#keysByTag.set(tag, new Set([key]));
    else keys.add(key);
  }

  #untag(tags: readonly string[], key: string): void {
    for (const tag of tags) {
      const keys = this.#keysByTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByTag.delete(tag);
    }
  }
}

/** Hashed, so that a memory dump of an edge holds no credential, and joined without ambiguity. */
function keyOf({ credential, host, origin }: CredentialRequest): string {
  return hash('sha256', JSON.stringify([credential, host, origin]), 'base64');
}

function tagOf(kind: IdentityChange['kind'], tenantId: string, id: string): string {
  return kind === 'tenant' ? JSON.stringify([kind, tenantId]) : JSON.stringify([kind, tenantId, id]);
}

function tagsOf({ tenant, userId, credentialId }: VerifiedCredential): readonly string[] {
  return [
    tagOf('tenant', tenant.id, tenant.id),
    ...(userId === null ? [] : [tagOf('user', tenant.id, userId)]),
    ...(credentialId === null ? [] : [tagOf('credential', tenant.id, credentialId)]),
  ];
}

/** A new error each time: a thrown one collects the stack and the context of its request. */
function refusedAnew(code: ParlanceError['code'], message: string): ParlanceError {
  return new ParlanceError(code, message);
}

/** No origin in an allow-list is that long, so the rest cannot matter. */
function bounded(origin: string | null): string | null {
  return origin === null ? null : origin.slice(0, MAX_HEADER_CHARS);
}
