import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { environmentOver } from '@parlance/config';
import { z } from 'zod';
import { shipReport, STEPS, type Step, type StepResult } from './steps.js';

const USAGE = 'usage: npm run verify:ship [-- --only NAME]   NAME: the beginning of a step’s name';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const exitSchema = z.tuple([z.int().nullable(), z.string().nullable()]);

async function runStep({ name, command, env }: Step): Promise<StepResult> {
  process.stdout.write(`\n== ${name}\n`);
  const [file, ...args] = command;
  const startedAt = performance.now();
  const child = spawn(file, args, { cwd: ROOT, stdio: 'inherit', env: environmentOver(env ?? {}) });
  const [exitCode] = exitSchema.parse(await once(child, 'exit'));
  return { name, seconds: (performance.now() - startedAt) / 1_000, exitCode };
}

/** One after another: they measure, and would disturb each other. A failed one does not keep the others from being run. */
async function ship(): Promise<void> {
  const { only = '' } = parseArgs({ options: { only: { type: 'string' } } }).values;
  const steps = STEPS.filter(({ name }) => name.startsWith(only));
  if (steps.length === 0) throw new RangeError(`no step begins with '${only}'`);
  const results: StepResult[] = [];
  for (const step of steps) results.push(await runStep(step));
  const { text, exitCode } = shipReport(results);
  process.stdout.write(`\n${text}\n`);
  process.exitCode = exitCode;
}

ship().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exit(1);
});
