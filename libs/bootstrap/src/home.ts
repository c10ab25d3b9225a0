import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { z } from 'zod';
import { StartupError } from './startup-error.js';

/** Made once and kept: what they sealed must open after a restart. */
const secretsSchema = z.object({ masterKey: z.string().min(32), gatewaySecret: z.string().min(32) });
export type Secrets = z.infer<typeof secretsSchema>;

export interface Home {
  /** Absolute. */
  readonly folder: string;
  readonly databaseDir: string;
  readonly secrets: Secrets;
}

/**
 * Opens the data folder, making it and its secrets the first time.
 * @throws StartupError when it cannot be written or its secrets cannot be read.
 */
export async function openHome(dataDir: string): Promise<Home> {
  const folder = resolve(dataDir);
  try {
    await mkdir(folder, { recursive: true });
    return { folder, databaseDir: join(folder, 'postgres'), secrets: await readOrMake(join(folder, 'secrets.json')) };
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(
      `the data folder ${folder} cannot be used (${reason})`,
      'Make it writable for this user, or name another one with PARLANCE_DATA_DIR',
    );
  }
}

async function readOrMake(file: string): Promise<Secrets> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (text !== null) return parse(file, text);
  const secrets = { masterKey: randomBytes(48).toString('base64'), gatewaySecret: randomBytes(48).toString('base64') };
  // Written beside and renamed, so that a crash never leaves half of it.
  await writeFile(`${file}.new`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return secrets;
}

function parse(file: string, text: string): Secrets {
  try {
    return secretsSchema.parse(JSON.parse(text));
  } catch {
    throw new StartupError(
      `${file} is damaged`,
      'Restore it; without it the stored signing keys cannot be opened. To start anew, remove the whole data folder',
    );
  }
}
