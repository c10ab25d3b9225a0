import {
  pino,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type LevelWithSilent,
  type Logger as PinoLogger,
} from 'pino';
import { redactRecord, redactText } from './redaction.js';
import { activeTraceFields } from './tracing/spans.js';

/**
 * JSON lines: `logger.info({ code, tenantId, roomId }, 'what happened')`, with `traceId` and `spanId` where the work belongs to a trace.
 * Secrets are redacted by name and by shape.
 */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Which app speaks; the field `service` of every line. */
  readonly service: string;
  readonly level: LevelWithSilent;
  /** Where lines go; standard output when not given. */
  readonly destination?: DestinationStream;
}

export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: { service },
      mixin: () => ({ ...activeTraceFields() }),
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors are written out by the redaction, which must see their fields before pino flattens them.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label) => ({ level: label }), log: redactRecord },
      // The last look at the finished line finds what no field name gave away: a URL in a message, a token in a stack.
      hooks: { streamWrite: redactText },
    },
    // Synchronous, so that the lines before an exit are never lost; logging is not on the hot path.
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  redactChildren(logger);
  return logger;
}

/** pino does not pass the fields of a child through its formatters; children inherit this method, so all generations are covered. */
function redactChildren(logger: Logger): void {
  const make: unknown = Reflect.get(logger, 'child');
  if (typeof make !== 'function') throw new TypeError('This pino has no child loggers.');
  Object.defineProperty(logger, 'child', {
    value: function (this: Logger, bindings: Bindings, options?: ChildLoggerOptions): unknown {
      return Reflect.apply(make, this, [redactRecord(bindings), options]);
    },
  });
}
