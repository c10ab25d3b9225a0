import { DRAIN_STEPS } from '@parlance/config';
import type { Clock, Logger } from '@parlance/observability';
import { bounded } from './bounded.js';

/** The part of `process` a service needs. */
export interface ProcessHost {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
  /** Whether the IPC channel to the parent is open; undefined when there never was one. */
  readonly connected?: boolean | undefined;
  readonly stderr: { write(text: string): unknown };
}

export interface SupervisedApp {
  readonly logger: Logger;
  readonly graceMs: number;
  readonly clock: Clock;
  /** Ends the app in order; waits for a start that is under way. */
  readonly close: (reason: string) => Promise<void>;
  /** Whether to end, as on SIGTERM, when the IPC channel to the parent closes: it is gone, however it went. */
  readonly endsWithParent?: boolean;
}

/**
 * Ctrl-C under `npm start` can reach the app twice within 2 ms (measured with npm 11): from the terminal, and again from npm, which
 * passes it on. Only what comes later than this, in ms, is a second wish.
 */
const ONE_WISH_MS = 500;

/**
 * SIGTERM and SIGINT end the app and exit 0; a second one after half a second exits 1 at once. What nobody caught is logged, and ends the app within
 * `graceMs` with exit code 1.
 */
export function superviseProcess(host: ProcessHost, app: SupervisedApp): void {
  const { logger, graceMs, clock, close, endsWithParent = false } = app;
  let ending = false;
  let signaledAt = -Infinity;
  let exitCode = 0;

  const end = async (reason: string, limitMs: number): Promise<void> => {
    ending = true;
    try {
      await bounded('the shutdown', limitMs, async () => close(reason));
    } catch (error) {
      exitCode = 1;
      logger.fatal({ code: 'shutdown-failed', err: error }, 'the shutdown failed');
    }
    host.exit(exitCode);
  };

  const onSignal = (signal: string): void => {
    const sinceFirst = clock() - signaledAt;
    if (!ending) {
      signaledAt = clock();
      void end(signal, graceMs * DRAIN_STEPS);
      return;
    }
    if (sinceFirst < ONE_WISH_MS) return;
    logger.warn({ code: 'shutdown-cut-short', signal }, 'second signal: exiting at once');
    host.exit(1);
  };

  const onCrash = (code: string, error: unknown): void => {
    exitCode = 1;
    logger.fatal({ code, err: error }, 'nobody handled this error');
    if (!ending) void end(code, graceMs);
  };

  const onOrphaned = (): void => {
    if (!ending) void end('the parent is gone', graceMs * DRAIN_STEPS);
  };

  host.on('SIGTERM', () => onSignal('SIGTERM'));
  host.on('SIGINT', () => onSignal('SIGINT'));
  host.on('uncaughtException', (error) => onCrash('uncaught-exception', error));
  host.on('unhandledRejection', (reason) => onCrash('unhandled-rejection', reason));
  if (!endsWithParent) return;
  host.on('disconnect', onOrphaned);
  if (host.connected === false) onOrphaned();
}
