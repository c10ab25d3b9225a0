import { median } from './histogram.js';
import type { Latencies, Measurement } from './measurement.js';
import { table } from './table.js';

export interface DurableResult {
  readonly pairs: number;
  readonly rate: number;
  /** In the order in which they were taken. */
  readonly measurements: readonly Measurement[];
  readonly sent: number;
  /** What went wrong, by system; empty for none. */
  readonly faults: readonly string[];
}

const LEFT = 'left';

/** Delivered messages per second of `system` over those of `base`, of the rounds that have both: the middle one. */
export function ratioOf(measurements: readonly Measurement[], system: string, base: string): number {
  const rates = (name: string): readonly number[] =>
    measurements.flatMap((one) => (one.system === name ? [one.perSecond] : []));
  const bases = rates(base);
  return median(rates(system).flatMap((rate, round) => (bases[round] === undefined ? [] : [rate / bases[round]])));
}

export function durableReport({ pairs, rate, measurements, sent, faults }: DurableResult): string {
  const systems = [...new Set(measurements.map(({ system }) => system))];
  const ratio = ratioOf(measurements, 'parlance', 'peer');
  return [
    `Durable 1:1 messages, ${pairs} pairs, one outstanding each (latencies in ms: p50 / p99)`,
    rounds(measurements, rate),
    ...systems.map((system) => cpuTable(system, ofSystem(measurements, system))),
    Number.isNaN(ratio) ? '' : `ratio parlance/peer: ${ratio.toFixed(2)} (median of the rounds)`,
    faults.length === 0 ? `${sent} messages sent, lost = 0` : `FAILED: ${faults.join('; ')}`,
  ].join('\n\n');
}

function ofSystem(measurements: readonly Measurement[], system: string): readonly Measurement[] {
  return measurements.filter((one) => one.system === system);
}

function rounds(measurements: readonly Measurement[], rate: number): string {
  const head = [
    'system',
    'msg/s',
    'delivered',
    'acknowledged',
    `at ${rate}/s`,
    'acknowledged',
    'cores',
    'other',
    'load',
  ];
  const rows = measurements.map((one) => [
    one.system,
    one.perSecond.toFixed(0),
    latencies(one.delivery),
    latencies(one.acknowledgement),
    latencies(one.fixed.delivery),
    latencies(one.fixed.acknowledgement),
    one.machine.toFixed(2),
    one.other.toFixed(2),
    one.loadBefore,
  ]);
  return table([head, ...rows], [LEFT]);
}

/** Medians of the rounds. */
function cpuTable(system: string, measurements: readonly Measurement[]): string {
  const names = Object.keys(measurements[0]?.cpuUs ?? {});
  const middle = (pick: (one: Measurement) => number | undefined): number =>
    median(measurements.flatMap((one) => pick(one) ?? []));
  const rows = names.map((name) => [
    name,
    middle(({ cpuUs }) => cpuUs[name]).toFixed(1),
    middle(({ cpuUs, perSecond }) => ((cpuUs[name] ?? 0) * perSecond) / 1_000_000).toFixed(2),
    middle(({ memoryMb }) => memoryMb[name]).toFixed(0),
  ]);
  return table([[system, 'CPU us per message', 'cores', 'memory MB'], ...rows], [LEFT]);
}

function latencies({ p50, p99 }: Latencies): string {
  return `${p50.toFixed(1)} / ${p99.toFixed(1)}`;
}
