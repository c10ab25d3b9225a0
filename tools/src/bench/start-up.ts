import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@parlance/persistence';
import { ChildApp, makeTempFolder } from '@parlance/testing';
import { median } from './histogram.js';
import { processMb, treeMb } from './proc.js';
import { table } from './table.js';

interface StartUp {
  /** from spawning the process to its readiness, ms */
  readonly readyMs: number;
  readonly nodeMb: number;
  /** Postgres; what its processes share counts once */
  readonly postgresMb: number;
}

const RUNS = 3;
const POLL_MS = 20;
const MAX_MS = 90_000;
const MS = 1_000;

/** Starts standalone on an empty folder and again on the same, three times, and prints the medians. */
export async function benchStart(print: (text: string) => void): Promise<void> {
  const [first, second]: [StartUp[], StartUp[]] = [[], []];
  for (let run = 1; run <= RUNS; run += 1) {
    const folder = makeTempFolder();
    const dataDir = join(folder.path, 'data');
    first.push(await startOnce(dataDir));
    second.push(await startOnce(dataDir));
    folder.remove();
    print(`run ${run}: ready after ${seconds(first.at(-1))} s, and on the same data after ${seconds(second.at(-1))} s`);
  }
  print(`\nStandalone, median of ${RUNS}\n${report(first, second)}`);
}

function report(first: readonly StartUp[], second: readonly StartUp[]): string {
  const row = (name: string, pick: (one: StartUp) => number, digits: number): readonly string[] => [
    name,
    median(first.map(pick)).toFixed(digits),
    median(second.map(pick)).toFixed(digits),
  ];
  return table(
    [
      ['', 'empty data folder', 'existing data'],
      row('ready after, s', ({ readyMs }) => readyMs / MS, 1),
      row('memory of Node, MB', ({ nodeMb }) => nodeMb, 0),
      row('memory of Postgres, MB', ({ postgresMb }) => postgresMb, 0),
    ],
    ['left'],
  );
}

async function startOnce(dataDir: string): Promise<StartUp> {
  const port = await freePort();
  const begun = performance.now();
  const app = new ChildApp('standalone', { PORT: String(port), PARLANCE_DATA_DIR: dataDir });
  try {
    while (!(await isReady(port))) {
      if (!app.running || performance.now() - begun > MAX_MS) throw new Error(`Standalone did not start.\n${app.log}`);
      await delay(POLL_MS);
    }
    const readyMs = performance.now() - begun;
    const nodeMb = processMb(app.pid);
    return { readyMs, nodeMb, postgresMb: treeMb(app.pid) - nodeMb };
  } finally {
    await app.end('SIGTERM');
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false; // Not listening yet: that is the answer to the question.
  }
}

function seconds(one: StartUp | undefined): string {
  return ((one?.readyMs ?? Number.NaN) / MS).toFixed(1);
}
