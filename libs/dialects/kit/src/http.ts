import type { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import type { Claim, Execute, IntentType } from './intent.js';

/** A REST request as a route sees it. Header names in lower case; `body`: parsed JSON or form fields; `files`: uploaded parts. */
export interface HttpRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
  readonly files: readonly UploadedFile[];
}

export interface UploadedFile {
  readonly field: string;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  /** beside the content type; `location` of a redirect, say */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Nothing is answered: the connection is cut, as if the network had failed. `status` and `body` stand in the log alone. */
  readonly drop?: true | undefined;
}

/** An `Execute` for whoever this credential stands for: what a sign-in goes on as. Throws ParlanceError `unauthenticated`. */
export type Become = (credential: string) => Promise<Execute>;

/** A parsed request; see Translation: `claim` is settled before `run`. */
export interface HttpTranslation {
  readonly claim: Claim;
  readonly asks: IntentType;
  readonly run: (execute: Execute, become?: Become) => Promise<HttpAnswer>;
}

/**
 * `path` in Express notation (`/v1/chat/:id`). `body`: how the request's body is read before `parse`; `form` takes
 * multipart (a repeated field is a list) and, when the request's content type says so, JSON.
 */
export interface HttpRoute {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly body: 'none' | 'json' | 'form';
  readonly summary: string;
  /** true: whatever credential the request carries is not looked at; it belongs to the tenant of its host */
  readonly anonymous?: true | undefined;
  /** Errors that this route words differently, wherever they were met (a rate limit before it ran, say); null = as the companion does. */
  readonly refuse?: ((error: ParlanceError) => HttpAnswer | null) | undefined;
  /** What it accepts, over `{ params, query, body }`: the source of its documentation. */
  readonly schema: z.ZodType;
  /** Throws ParlanceError `invalid` when the request does not fit. */
  readonly parse: (request: HttpRequest) => HttpTranslation;
}

/**
 * The REST companion of a wire. `roots`: path prefixes it owns, disjoint across dialects. `credential`: where its clients put
 * theirs, without any `Bearer`.
 */
export interface HttpCompanion {
  readonly roots: readonly string[];
  readonly credential: (headers: HttpRequest['headers']) => string | null;
  readonly refuse: (error: ParlanceError) => HttpAnswer;
  readonly routes: readonly HttpRoute[];
}
