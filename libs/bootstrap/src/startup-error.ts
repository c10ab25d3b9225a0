import { ParlanceError } from '@parlance/domain';
import { redactText } from '@parlance/observability';

/** Why an app cannot start, for the person who started it: what is wrong, and what to do about it. Both without a full stop. */
export class StartupError extends Error {
  override readonly name = 'StartupError';

  constructor(
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}. ${remedy}`, options);
  }
}

const MAX_LINE = 600;

/** One line for standard error: `parlance <name>: <problem>. <remedy>.` */
export function startupLine(name: string, error: unknown): string {
  return oneLine(`parlance ${name}: ${explain(error)}`);
}

export function oneLine(text: string): string {
  const line = redactText(text.replaceAll(/\s+/g, ' ').trim());
  const short = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}...` : line;
  return /[.?!]$/.test(short) ? short : `${short}.`;
}

function explain(error: unknown): string {
  if (error instanceof StartupError || error instanceof ParlanceError || namesRemedy(error)) return error.message;
  return `${firstLine(error)}. Start it with LOG_LEVEL=debug to see where this comes from`;
}

/** Errors of libraries that write for the person who starts the app say so, as those of persistence do. */
function namesRemedy(error: unknown): error is Error {
  return error instanceof Error && 'namesRemedy' in error && error.namesRemedy === true;
}

/** A refused connection arrives as an AggregateError without a message of its own. */
function firstLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0)
    return firstLine(error.errors[0]);
  const text = error instanceof Error ? error.message || codeOf(error) : String(error);
  return (text.trim().split('\n')[0] ?? '').replace(/\.+$/, '');
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
