import type { AppEnvironment } from './child-app.js';

export const STACK_MODES = ['standalone', 'cluster'] as const;

export type StackMode = (typeof STACK_MODES)[number];

/** A running Parlance of its own, on free ports and a data folder of its own. */
export interface Stack {
  readonly mode: StackMode | 'compose';
  /** Where clients connect: one address in standalone, two in cluster mode. Each also serves REST. */
  readonly gateways: readonly [string, ...string[]];
  /** What can be struck: `process` in standalone; in cluster mode `gateway-0`,
   * `gateway-1`, `message-0` and so on for each replica of each service, `api`, `nats`, `redis` and `postgres`; in containers, services of
   * docker-compose.yml. */
  readonly victims: readonly string[];
  /** SIGKILLs a victim and sees to it that it comes back; resolves when the whole stack is ready again. */
  strike(victim: string): Promise<void>;
  /** Resolves when every process runs and says that it is ready. @throws Error after 90 s, or when the stack has ended. */
  waitReady(): Promise<void>;
  /** SIGTERM; resolves with the exit code, and removes the data folder unless it was given. */
  stop(): Promise<number | null>;
  /** What the stack wrote, the last 5,000 lines. */
  log(): string;
}

export interface StackOptions {
  readonly env?: AppEnvironment;
  /** An existing or new folder that is kept; a temporary one when not given. */
  readonly dataDir?: string;
}
