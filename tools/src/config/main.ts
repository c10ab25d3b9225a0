import { readFileSync } from 'node:fs';
import { parseArguments, USAGE, type CheckArguments } from './arguments.js';
import { checkConfig } from './check-config.js';
import { parseEnvFile, type EnvFile } from './env-file.js';

const EXIT_USAGE = 64;
/** As an app that refuses its settings. */
const EXIT_CONFIG = 78;

/** `npm run config:check`: what is wrong with an environment, before anything is started with it. */
function run(args: CheckArguments): number {
  const given: EnvFile =
    args.envFile === null
      ? { env: process.env, problems: [] }
      : parseEnvFile(readFileSync(args.envFile, 'utf8'), args.envFile);
  const problems = [...given.problems, ...checkConfig(args.apps, given.env).problems];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  const names = args.apps.map(({ name }) => name).join(', ');
  if (problems.length === 0) process.stdout.write(`the settings are good for ${names}\n`);
  else process.stderr.write(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}\n`);
  return problems.length === 0 ? 0 : EXIT_CONFIG;
}

try {
  process.exitCode = run(parseArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof RangeError) && !(error instanceof Error && 'code' in error)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
}
