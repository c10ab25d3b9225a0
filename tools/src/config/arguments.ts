import { DECLARED_APPS, declaredApp, type DeclaredApp } from './declared-apps.js';

export interface CheckArguments {
  readonly apps: readonly DeclaredApp[];
  /** Path of the file to judge; null: the environment of the process. */
  readonly envFile: string | null;
}

export const USAGE = `npm run config:check -- [app...] [--env-file FILE]
  Judges the environment, or a file of NAME=value lines, as apps would at their start, and tells every problem at once.
  Without an app: all that run as processes of their own, and the migrations.
  Apps: ${DECLARED_APPS.map(({ name }) => name).join(', ')}`;

/** Those that one environment file of an installation concerns. */
const INSTALLED = DECLARED_APPS.filter(({ name, distributed }) => distributed || name === 'migrate');

/** @throws RangeError for an unknown app or option. */
export function parseArguments(args: readonly string[]): CheckArguments {
  const names: string[] = [];
  let envFile: string | null = null;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--env-file') envFile = rest.shift() ?? missingFile();
    else if (arg.startsWith('-')) throw new RangeError(`There is no option ${arg}.`);
    else names.push(arg);
  }
  return { apps: names.length === 0 ? INSTALLED : names.map(declaredApp), envFile };
}

function missingFile(): never {
  throw new RangeError('--env-file needs the path of a file.');
}
