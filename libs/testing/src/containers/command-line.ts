import { execFile, type ExecFileOptions } from 'node:child_process';

const MAX_OUTPUT = 64 * 1_048_576;
const KEPT_CHARS = 4_000;

export interface Ended {
  /** null: a signal ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, however it ends. @throws Error when there is none of that name. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: Pick<ExecFileOptions, 'timeout' | 'cwd'> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { ...options, maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      // Such as ENOENT; of a program that ran, the code is a number.
      if (typeof error?.code === 'string') reject(new Error(`${file} cannot be run: ${error.code}`, { cause: error }));
      else resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** What `docker` answers. @throws Error with what it said when it fails. */
export async function docker(...args: readonly string[]): Promise<string> {
  return succeeded('docker', args, await runProgram('docker', args));
}

/** Which program knows compose files here: the plugin of docker, or the older one of its own. */
export async function composeProgram(): Promise<readonly [string, ...string[]]> {
  const { code } = await runProgram('docker', ['compose', 'version']);
  return code === 0 ? ['docker', 'compose'] : ['docker-compose'];
}

/** What it wrote to standard output. @throws Error with what it said when it failed. */
export function succeeded(file: string, args: readonly string[], { code, stdout, stderr }: Ended): string {
  if (code === 0) return stdout;
  throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${`${stdout}${stderr}`.slice(-KEPT_CHARS)}`);
}
