import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@parlance/observability';

/**
 * Nest's own messages in our log. What it reports of every module and route is debug; while the app starts its errors are too, as
 * they are thrown as well and the start-up reports them once.
 */
export class NestLogger implements LoggerService {
  constructor(
    private readonly logger: Logger,
    private readonly isStarting: () => boolean,
  ) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    this.logger.debug(fields(message, rest), describeMessage(message));
  }

  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.logger.debug(fields(message, rest), describeMessage(message));
  }

  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.logger.trace(fields(message, rest), describeMessage(message));
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.logger.warn(fields(message, rest), describeMessage(message));
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.#failure(message, rest);
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.#failure(message, rest);
  }

  #failure(message: unknown, rest: readonly unknown[]): void {
    const level = this.isStarting() ? 'debug' : 'error';
    this.logger[level]({ code: 'nest-error', ...fields(message, rest) }, describeMessage(message));
  }
}

/** Nest appends the context as the last string; an error's stack may come before it. */
function fields(message: unknown, rest: readonly unknown[]): Record<string, unknown> {
  const [stack, context] = rest.length > 1 ? [rest[0], rest.at(-1)] : [undefined, rest[0]];
  return {
    ...(typeof context === 'string' ? { context } : {}),
    ...(message instanceof Error ? { err: message } : {}),
    ...(typeof message !== 'string' && !(message instanceof Error) ? { details: message } : {}),
    ...(typeof stack === 'string' && !(message instanceof Error) ? { stack } : {}),
  };
}

function describeMessage(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : 'a message of the framework';
}
