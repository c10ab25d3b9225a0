/** Where the bus writes what nobody else can report; a pino logger fits. */
export interface BusLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Why a message was not handed on. `disconnected`: published while the connection was away. `backlog`: the server takes too slowly.
 * `malformed`: not readable, or not what its contract says. `expired`: its deadline had passed. `slow-consumer`: the receiver's queue was full.
 */
export const DROP_REASONS = ['disconnected', 'backlog', 'malformed', 'expired', 'slow-consumer'] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** What one bus holds. */
export interface BusLoad {
  /** own requests that have no answer yet */
  readonly pending: number;
  /** items of others taken and not answered */
  readonly inFlight: number;
}

/** Counters of the bus, all optional. Calls must be cheap and must not throw. */
export interface BusMetrics {
  /** Called once: how to ask for the load. */
  onOpen?(load: () => BusLoad): void;
  onDrop?(reason: DropReason, subject: string): void;
  /** A wire request left. */
  onBatch?(subject: string, items: number): void;
  /** All items of a wire request have been answered, `ms` after it left. */
  onAnswered?(subject: string, ms: number): void;
  /** A wire request arrived. */
  onServed?(subject: string, items: number): void;
  onListenerError?(contract: string): void;
  onRequestError?(subject: string, code: string): void;
}

export interface BusEnvironment {
  readonly log: BusLog;
  readonly metrics: BusMetrics;
  /** milliseconds since the epoch */
  readonly now: () => number;
}

export interface BusOptions {
  readonly log?: BusLog | undefined;
  readonly metrics?: BusMetrics | undefined;
  readonly now?: (() => number) | undefined;
  /** unanswered requests at a time; default 10,000 */
  readonly maxPending?: number | undefined;
}

/**
 * A callback that cannot throw into the transport, where an exception would end the reading of everything. Only a fault of ours or a
 * schema that throws gets here; it is logged.
 */
export function guarded<A extends readonly unknown[]>(
  log: BusLog,
  callback: (...args: A) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (err) {
      log.error({ code: 'bus-callback-failed', err }, 'A bus callback failed.');
    }
  };
}

/** Without a logger the line still has to reach somebody. */
const stderrLog: BusLog = {
  warn: (fields, message) => console.warn(message, fields),
  error: (fields, message) => console.error(message, fields),
};

export function busEnvironment(options: BusOptions): BusEnvironment {
  return { log: options.log ?? stderrLog, metrics: options.metrics ?? {}, now: options.now ?? Date.now };
}
