import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
const BUILDER = join(ROOT, 'tools/src/upgrade/build-previous.mjs');

/** The folders of two built versions: the one before this, and this. */
export interface Versions {
  readonly old: string;
  readonly new: string;
}

/** Builds the version before this one unless that has been done. @throws Error with what it lacks and how to get it */
export async function buildPrevious(): Promise<Versions> {
  const child = spawn(process.execPath, [BUILDER], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [told, said] = [textOf(child.stdout), textOf(child.stderr)];
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(await said);
  return { old: (await told).trim(), new: ROOT };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
