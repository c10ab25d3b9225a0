import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environmentOver } from '@parlance/config';
import { freePort } from '@parlance/persistence';
import { makeCrowd, startParlance } from './parlance.js';
import { median } from './histogram.js';
import { PresenceCrowd, type Place } from './presence-crowd.js';
import { userName, watcherName, WATCHERS } from './presence-names.js';
import { loadAverage } from './proc.js';
import { table } from './table.js';

export interface PresenceOptions {
  readonly users: number;
  readonly rounds: number;
  readonly json: string | undefined;
}

/** Seconds. `…Told`: until every watcher was told of everybody. */
export interface PresenceRound {
  readonly system: string;
  readonly connect: number;
  readonly connectTold: number;
  readonly leaveTold: number;
  readonly dropTold: number;
  readonly loadBefore: string;
}

type Print = (text: string) => void;
type Phase = 'connect' | 'connectTold' | 'leaveTold' | 'dropTold';

/** performance.md, bars 12 and 13: at least this share of the bare connect rate, at most this many times its time. */
export const CONNECT_BAR = 0.55;
export const DROP_BAR = 2.5;

const PHASES: readonly (readonly [Phase, string])[] = [
  ['connect', 'connect all, each known'],
  ['connectTold', '... and the others told'],
  ['leaveTold', 'say goodbye, all told'],
  ['dropTold', 'drop at once, all told'],
];
const MS = 1_000;
const REST_MS = 1_000;

/**
 * Many sockets connect, leave and drop, at Parlance's two gateways and at a bare Socket.IO server, in turn. The first round of each does
 * not count: in it their code is compiled. The grace is set to nothing: it is a promise to wait, not work. True when both bars hold.
 */
export async function benchPresence(options: PresenceOptions, print: Print): Promise<boolean> {
  const cluster = await startParlance({ PARLANCE_PRESENCE_GRACE: '0ms' });
  const bare = await startBare();
  const crowds: PresenceCrowd[] = [];
  try {
    const pairs = Array.from({ length: options.users }, (_, n) => [userName(n), watcherName(n)] as const);
    await makeCrowd(
      cluster,
      pairs,
      Array.from({ length: WATCHERS }, (_, n) => watcherName(n)),
    );
    const parlance: Place = { name: 'parlance', urls: cluster.gateways, apiKey: 'demo-public-key' };
    for (const place of [bare.place, parlance]) {
      const crowd = new PresenceCrowd(place, options.users);
      await crowd.watch();
      crowds.push(crowd);
    }
    const rounds: PresenceRound[] = [];
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const [index, crowd] of crowds.entries()) {
        const measured = await measure(index === 0 ? 'bare' : 'parlance', crowd, options.users);
        if (round > 0) rounds.push(measured);
        const name = round === 0 ? 'warm-up' : `round ${round}`;
        print(`${name} ${measured.system}: ${figures(measured)} (load before ${measured.loadBefore})`);
      }
    }
    const { text, holds } = presenceReport(rounds, options.users);
    print(`\n${text}`);
    const lost = crowds.flatMap((crowd) => crowd.lost);
    if (lost.length > 0) print(`lost connections: ${lost.length}, such as ${lost[0] ?? ''}`);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ options, rounds }, null, 2)}\n`);
    return holds && lost.length === 0;
  } finally {
    for (const crowd of crowds) crowd.close();
    await bare.stop();
    await cluster.stop();
  }
}

/** The medians side by side, and whether the bars hold. */
export function presenceReport(
  rounds: readonly PresenceRound[],
  users: number,
): { readonly text: string; readonly holds: boolean } {
  const of = (system: string, phase: Phase): number =>
    median(rounds.filter((round) => round.system === system).map((round) => round[phase]));
  const ratio = (phase: Phase): number => of('parlance', phase) / of('bare', phase);
  const rows = PHASES.map(([phase, name]) => [
    name,
    of('bare', phase).toFixed(2),
    of('parlance', phase).toFixed(2),
    `${ratio(phase).toFixed(2)}x`,
  ]);
  const rate = 1 / ratio('connect');
  const drop = ratio('dropTold');
  const lines = [
    `${users} users, medians in seconds`,
    table([['', 'bare', 'parlance', 'ratio'], ...rows], ['left']),
    `connect rate ${rate.toFixed(2)}x of bare (bar: at least ${CONNECT_BAR}x)`,
    `drop of all ${drop.toFixed(2)}x of bare (bar: at most ${DROP_BAR}x)`,
  ];
  return { text: lines.join('\n'), holds: rate >= CONNECT_BAR && drop <= DROP_BAR };
}

async function measure(system: string, crowd: PresenceCrowd, users: number): Promise<PresenceRound> {
  const loadBefore = loadAverage();
  const [first, firstTold] = await timed(crowd, () => crowd.connectAll(), users);
  const [, leaveTold] = await timed(crowd, () => crowd.leaveAll(), 0);
  await delay(REST_MS);
  const [second, secondTold] = await timed(crowd, () => crowd.connectAll(), users);
  const [, dropTold] = await timed(crowd, () => crowd.dropAll(), 0);
  await delay(REST_MS);
  return {
    system,
    connect: (first + second) / 2,
    connectTold: (firstTold + secondTold) / 2,
    leaveTold,
    dropTold,
    loadBefore,
  };
}

/** How long the deed took, and how long until all were told. */
async function timed(
  crowd: PresenceCrowd,
  deed: () => void | Promise<void>,
  online: number,
): Promise<readonly [number, number]> {
  const startedAt = performance.now();
  await deed();
  const done = performance.now();
  await crowd.told(online);
  return [(done - startedAt) / MS, (performance.now() - startedAt) / MS];
}

function figures(round: PresenceRound): string {
  return PHASES.map(([phase]) => `${phase} ${round[phase].toFixed(2)} s`).join(', ');
}

async function startBare(): Promise<{ readonly place: Place; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('./peer-presence.js', import.meta.url))], {
    env: environmentOver({ PORT: String(port) }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('The bare server ended while it started.'))),
  ]);
  return {
    place: { name: 'bare', urls: [`http://127.0.0.1:${port}`], apiKey: 'none' },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
