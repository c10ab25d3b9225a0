import { setTimeout as delay } from 'node:timers/promises';
import { NativeApi } from '@parlance/testing';
import { z } from 'zod';
import { boundedMap } from './bounded-map.js';
import { startFactsPeer, type FactsPeer } from './facts-peer.js';
import { factsReport, type FactsMeasurement } from './facts-report.js';
import { componentsOf, startParlance } from './parlance.js';
import { CpuWindow, loadAverage, type Components } from './proc.js';

export interface FactsOptions {
  readonly rounds: number;
  readonly warmUp: number;
  readonly seconds: number;
}

type Print = (text: string) => void;

const SECRET_KEY = 'demo-secret-key';
const WRITERS = 8;
const USERS = 200;
/** Of one request: as many as the API takes. */
const FACTS = 100;
const REQUESTS_AT_ONCE = 50;
const TYPES = ['reel-seen', 'reel-seen', 'reel-seen', 'mindful-comment-reply', 'focus-video', 'journalism'] as const;
const SETTINGS = { PARLANCE_LIMIT_KEY_REQUESTS_PER_SECOND: '1000000' };
const US = 1_000_000;

/** Where facts are told: a hundred of one user in a request. */
interface Ledger {
  readonly name: string;
  readonly components: () => Components;
  /** How many were stored. */
  readonly tell: (userId: string, facts: readonly object[]) => Promise<number>;
}

/** Facts per second, and per core, of Parlance's native API against the peer, in turns. The answer: whether every fact was stored. */
export async function benchFacts(options: FactsOptions, print: Print): Promise<boolean> {
  const cluster = await startParlance(SETTINGS);
  let peer: FactsPeer | undefined;
  try {
    const { postgres } = cluster.status;
    if (postgres?.pid == null) throw new Error('The cluster has no Postgres of its own: unset DATABASE_URL.');
    peer = await startFactsPeer(postgres.url, postgres.pid);
    const api = new NativeApi(cluster.gateways[0], SECRET_KEY);
    await boundedMap(Array.from({ length: USERS }), REQUESTS_AT_ONCE, async (_, index) => api.putUser(userOf(index)));
    const parlance: Ledger = {
      name: 'parlance',
      components: () => componentsOf(cluster),
      tell: async (userId, facts) => storedOf(await api.other('POST', ['users', userId, 'facts'], { facts })),
    };
    const measurements = await runRounds([peer, parlance], options, print);
    print(`\n${factsReport(measurements)}`);
    return measurements.every(({ lost }) => lost === 0);
  } finally {
    await peer?.stop();
    await cluster.stop();
  }
}

async function runRounds(
  ledgers: readonly Ledger[],
  { rounds, warmUp, seconds }: FactsOptions,
  print: Print,
): Promise<readonly FactsMeasurement[]> {
  const measurements: FactsMeasurement[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const ledger of ledgers) {
      const measured = await measure(ledger, `round-${round}`, warmUp, seconds);
      measurements.push(measured);
      print(
        `round ${round} ${ledger.name}: ${measured.perSecond.toFixed(0)} facts/s (load before ${measured.loadBefore})`,
      );
    }
  }
  return measurements;
}

/** A closed loop of writers, each with one request outstanding. */
async function measure(ledger: Ledger, round: string, warmUp: number, seconds: number): Promise<FactsMeasurement> {
  const loadBefore = loadAverage();
  const counts = { told: 0, stored: 0, running: true };
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    for (let turn = 0; counts.running; turn += 1) {
      const facts = Array.from({ length: FACTS }, (__, index) =>
        factOf(`${round}-${writer}-${turn}-${index}`, turn * FACTS + index),
      );
      const stored = await ledger.tell(userOf(turn * WRITERS + writer), facts);
      counts.stored += stored;
      counts.told += FACTS;
    }
  });
  await delay(warmUp * 1_000);
  const components: Components = { ...ledger.components(), generator: [process.pid] };
  const [window, before, startedAt] = [new CpuWindow(components), counts.stored, performance.now()];
  await delay(seconds * 1_000);
  const { cores } = window.end();
  const perSecond = ((counts.stored - before) * 1_000) / (performance.now() - startedAt);
  counts.running = false;
  await Promise.all(writers);
  const cpuUs = Object.entries(cores).map(([name, used]): [string, number] => [name, (used * US) / perSecond]);
  return {
    system: ledger.name,
    perSecond,
    cpuUs: Object.fromEntries(cpuUs),
    lost: counts.told - counts.stored,
    loadBefore,
  };
}

function userOf(index: number): string {
  return `bench-facts-${index % USERS}`;
}

function factOf(factId: string, index: number): object {
  return { factId, type: TYPES[index % TYPES.length], ref: `reel-${index % 400}` };
}

const recordedShape = z.object({ counted: z.int(), locked: z.int(), capped: z.int().default(0) });

function storedOf(answer: unknown): number {
  const { counted, locked, capped } = recordedShape.parse(answer);
  return counted + locked + capped;
}
