import type { Environment } from '@parlance/config';

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/;

export interface EnvFile {
  readonly env: Environment;
  /** One line for each line of the file that is none of `NAME=value`, a comment and a blank. */
  readonly problems: readonly string[];
}

/** Reads what docker, compose and kustomize take for an env file: `NAME=value` lines, `#` comments, optional quotes around a value. */
export function parseEnvFile(text: string, name: string): EnvFile {
  const env: Record<string, string> = {};
  const problems: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, key, value] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined || value === undefined) problems.push(`${name}:${index + 1} is not NAME=value.`);
    else env[key] = unquoted(value.trim());
  }
  return { env, problems };
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
  return inner ?? value;
}
