import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** A real process with real signals, on the built library, as production runs it. */
const TOY = `
  import { runService } from '@parlance/bootstrap';
  process.on('SIGUSR2', () => { Promise.reject(new Error('nobody waits for this')); });
  await runService({
    name: 'toy',
    fragments: [],
    connect: () => ({ bus: {}, close: () => console.log('bus closed') }),
    modules: () => [],
  });
`;

const Ready = z.object({ code: z.literal('ready'), url: z.url() });

interface Toy {
  readonly child: ChildProcess;
  readonly out: string[];
  readonly errors: string[];
  readonly readyLine: Promise<string>;
  readonly ended: Promise<number | null>;
}

const children: ChildProcess[] = [];

function spawnToy(env: Readonly<Record<string, string>>): Toy {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', TOY], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...env, HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const ended = once(child, 'close').then(() => child.exitCode);
  const out = createInterface(child.stdout);
  const readyLine = new Promise<string>((resolve) => {
    out.on('line', (line) => {
      if (line.includes('"ready"')) resolve(line);
    });
  });
  return { child, ended, readyLine, out: linesOf(out), errors: linesOf(createInterface(child.stderr)) };
}

function linesOf(reader: Interface): string[] {
  const lines: string[] = [];
  reader.on('line', (line) => lines.push(line));
  return lines;
}

/** The address in the ready line. */
async function ready({ readyLine, ended, errors }: Toy): Promise<string> {
  const line = await Promise.race([readyLine, ended]);
  if (typeof line === 'string') return Ready.parse(JSON.parse(line)).url;
  throw new Error(`The process ended: ${errors.join('\n')}`);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a service process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves, and on %s drains and exits 0', async (signal) => {
    const toy = spawnToy({ PORT: '0' });
    const url = await ready(toy);
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ ready: true, missing: [] });
    toy.child.kill(signal);
    expect(await toy.ended).toBe(0);
    expect(toy.out.at(-1)).toBe('bus closed');
    expect(toy.errors).toEqual([]);
  });

  it('says in one line that its port is taken', async () => {
    const first = spawnToy({ PORT: '0' });
    const { port } = new URL(await ready(first));
    const second = spawnToy({ PORT: port });
    expect(await second.ended).toBe(1);
    expect(second.errors).toEqual([
      `parlance toy: port ${port} on 127.0.0.1 is already in use. Stop the program that uses it, or choose another with PORT=<number>.`,
    ]);
    expect(second.out).toEqual([]);
  });

  it('says in one line each what is wrong with its settings, and exits 78', async () => {
    const toy = spawnToy({ PORT: '70000', LOG_LEVEL: 'loud', PARLANCE_LIMIT_TEXT_CHAR: '1' });
    expect(await toy.ended).toBe(78);
    expect(toy.errors.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'parlance toy: PARLANCE_LIMIT_TEXT_CHAR',
      'parlance toy: PORT',
      'parlance toy: LOG_LEVEL',
    ]);
  });

  it('logs a rejection nobody handled, drains and exits 1', async () => {
    const toy = spawnToy({ PORT: '0' });
    await ready(toy);
    toy.child.kill('SIGUSR2');
    expect(await toy.ended).toBe(1);
    expect(toy.out.some((line) => line.includes('"unhandled-rejection"') && line.includes('nobody waits'))).toBe(true);
    expect(toy.out.at(-1)).toBe('bus closed');
  });
});
