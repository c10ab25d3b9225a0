import { writeFileSync } from 'node:fs';
import type { ClusterStack } from '@parlance/testing';
import { openPairs, type ChatSystem, type OpenPair } from './chat-system.js';
import { durableReport, type DurableResult } from './durable-report.js';
import { Load } from './load.js';
import { measure, type Measurement, type Phases } from './measurement.js';
import { parlanceSystem, startParlance } from './parlance.js';
import { startPeer, type Peer } from './peer.js';
import type { Components } from './proc.js';
import { describeProfiles, profiling, startProfiles } from './profiles.js';

export interface DurableOptions extends Phases {
  readonly pairs: number;
  readonly rounds: number;
  readonly json: string | undefined;
  /** Folder for CPU profiles of Parlance's processes, which cost about a fifth of the throughput. */
  readonly profile: string | undefined;
  /** Leaves the peer out. */
  readonly alone: boolean;
}

type Print = (text: string) => void;

/** characters */
const LAST_WORDS = 4_000;

/** 1:1 messages across the two gateways of a cluster, against the peer, in turns. The answer: whether nothing went wrong. */
export async function benchDurable(options: DurableOptions, print: Print): Promise<boolean> {
  const { profile } = options;
  const cluster = await startParlance(profile === undefined ? {} : profiling(profile));
  const { components, isSound } = await contest(cluster, options, print);
  // The processes write their profiles when they end.
  if (profile !== undefined) print(describeProfiles(profile, components));
  return isSound;
}

interface Outcome {
  readonly components: Components;
  readonly isSound: boolean;
}

async function contest(cluster: ClusterStack, options: DurableOptions, print: Print): Promise<Outcome> {
  let peer: Peer | undefined;
  try {
    const { postgres } = cluster.status;
    if (postgres?.pid == null) throw new Error('The cluster has no Postgres of its own: unset DATABASE_URL.');
    print(`making ${2 * options.pairs} people and ${options.pairs} rooms`);
    const parlance = await parlanceSystem(cluster, options.pairs);
    if (!options.alone) peer = await startPeer(postgres.url, postgres.pid, options.pairs);
    const result = await runRounds(peer === undefined ? [parlance] : [peer, parlance], options, print);
    print(`\n${durableReport(result)}`);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
    return { components: parlance.components(), isSound: result.faults.length === 0 };
  } catch (error) {
    print(`the cluster said last:\n${cluster.log().slice(-LAST_WORDS)}`);
    throw error;
  } finally {
    await peer?.stop();
    await cluster.stop();
  }
}

interface Contender {
  readonly system: ChatSystem;
  readonly load: Load;
  readonly clients: readonly OpenPair[];
}

async function runRounds(
  systems: readonly ChatSystem[],
  options: DurableOptions,
  print: Print,
): Promise<DurableResult> {
  const contenders: Contender[] = [];
  for (const system of systems) contenders.push(await enter(system));
  if (options.profile !== undefined) for (const { system } of contenders) startProfiles(system.components());
  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { system, load } of contenders) {
      const measured = await measure(system, load, options);
      measurements.push(measured);
      const { perSecond, machine, other, loadBefore } = measured;
      const aside = `machine ${machine.toFixed(2)} cores, other ${other.toFixed(2)}, load before ${loadBefore}`;
      print(`round ${round} ${system.name}: ${perSecond.toFixed(0)} msg/s (${aside})`);
    }
  }
  for (const { clients } of contenders) closeAll(clients);
  return {
    pairs: options.pairs,
    rate: options.rate,
    measurements,
    sent: contenders.reduce((sum, { load }) => sum + load.ledger.sent, 0),
    faults: contenders.flatMap(faultsOf),
  };
}

async function enter(system: ChatSystem): Promise<Contender> {
  const load = new Load(system.pairs.length);
  const clients = await openPairs(system, {
    onMessage: (stamp) => load.onMessage(stamp),
    onLost: (reason) => load.complain(reason),
  });
  load.drive(clients);
  return { system, load, clients };
}

function closeAll(pairs: readonly OpenPair[]): void {
  for (const { sender, receiver } of pairs) {
    sender.close();
    receiver.close();
  }
}

function faultsOf({ system, load }: Contender): readonly string[] {
  return [...load.ledger.faults(system.order), ...load.reasons].map((fault) => `${system.name}: ${fault}`);
}
