import { setTimeout as delay } from 'node:timers/promises';
import type { ChatSystem } from './chat-system.js';
import type { Histogram } from './histogram.js';
import type { Load } from './load.js';
import { CpuWindow, loadAverage, memoryMb, type Components } from './proc.js';

export interface Phases {
  /** seconds under full load before anything counts */
  readonly warmUp: number;
  /** seconds of the closed loop, and of the open loop */
  readonly seconds: number;
  /** messages per second of the open loop */
  readonly rate: number;
}

/** in ms */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

export interface Measurement {
  readonly system: string;
  /** Delivered messages per second in the closed loop. */
  readonly perSecond: number;
  readonly delivery: Latencies;
  readonly acknowledgement: Latencies;
  /** In the closed loop; microseconds of CPU per delivered message. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Cores that the machine worked, and those of them that nobody measured here used. */
  readonly machine: number;
  readonly other: number;
  readonly memoryMb: Readonly<Record<string, number>>;
  /** At the fixed rate. */
  readonly fixed: { readonly delivery: Latencies; readonly acknowledgement: Latencies };
  /** Load averages when it began. */
  readonly loadBefore: string;
}

const MS = 1_000;
const US = 1_000_000;
const PAUSE_MS = 500;

/** One round of one system: warm-up, closed loop, drain, open loop, drain. */
export async function measure(system: ChatSystem, load: Load, phases: Phases): Promise<Measurement> {
  const loadBefore = loadAverage();
  const components: Components = { ...system.components(), generator: [process.pid] };
  load.startClosedLoop();
  await delay(phases.warmUp * MS);
  load.resetLatencies();
  const [window, deliveredBefore, startedAt] = [new CpuWindow(components), load.ledger.delivered, performance.now()];
  await delay(phases.seconds * MS);
  const { cores, machine, other } = window.end();
  const perSecond = ((load.ledger.delivered - deliveredBefore) * MS) / (performance.now() - startedAt);
  const closed = latenciesOf(load);
  const memory = memoryMb(components);
  await load.settle();
  await delay(PAUSE_MS);
  load.resetLatencies();
  await load.runOpenLoop(phases.rate, phases.seconds * MS);
  await load.settle();
  const cpuUs = Object.entries(cores).map(([name, used]): [string, number] => [name, (used * US) / perSecond]);
  return {
    system: system.name,
    perSecond,
    ...closed,
    cpuUs: Object.fromEntries(cpuUs),
    machine,
    other,
    memoryMb: memory,
    fixed: latenciesOf(load),
    loadBefore,
  };
}

function latenciesOf({ delivery, acknowledgement }: Load): Pick<Measurement, 'delivery' | 'acknowledgement'> {
  const of = (histogram: Histogram): Latencies => ({ p50: histogram.quantile(0.5), p99: histogram.quantile(0.99) });
  return { delivery: of(delivery), acknowledgement: of(acknowledgement) };
}
