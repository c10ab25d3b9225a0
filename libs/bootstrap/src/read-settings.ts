import { ConfigError, loadConfig, type ConfigOf, type Environment, type Fragment } from '@parlance/config';
import type { ProcessHost } from './process-host.js';
import { oneLine } from './startup-error.js';

/** `EX_CONFIG` of sysexits.h: restarting will not help. */
export const EXIT_CONFIG = 78;

export interface ReadOptions {
  readonly host: Pick<ProcessHost, 'stderr'>;
  /** The environment of the process when not given. */
  readonly env?: Environment;
  /** Names with our prefix that belong to other processes of the stack. */
  readonly alsoKnown?: readonly string[];
}

/** The settings of a process, or undefined after telling each of their problems in a line of its own. */
export function readSettings<const F extends readonly Fragment[]>(
  name: string,
  fragments: F,
  { host, env, alsoKnown }: ReadOptions,
): ConfigOf<F> | undefined {
  try {
    return loadConfig(fragments, env, alsoKnown === undefined ? {} : { alsoKnown });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) host.stderr.write(`${oneLine(`parlance ${name}: ${problem}`)}\n`);
    return undefined;
  }
}
