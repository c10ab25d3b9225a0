import { table } from './table.js';

export interface FactsMeasurement {
  readonly system: string;
  /** Facts stored per second. */
  readonly perSecond: number;
  /** Microseconds of CPU per fact, by component. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Facts that were told and not stored. */
  readonly lost: number;
  /** Load averages when it began. */
  readonly loadBefore: string;
}

const US = 1_000_000;
const GENERATOR = 'generator';

/** Facts per second of one core that does nothing but this system's work; the generator's is not its. */
export function perCore({ cpuUs }: FactsMeasurement): number {
  const used = Object.entries(cpuUs).reduce((sum, [name, us]) => sum + (name === GENERATOR ? 0 : us), 0);
  return US / used;
}

export function factsReport(measurements: readonly FactsMeasurement[]): string {
  const systems = [...new Set(measurements.map(({ system }) => system))];
  const of = (system: string): readonly FactsMeasurement[] => measurements.filter((one) => one.system === system);
  const rows = systems.map((system) => [
    system,
    median(of(system).map(({ perSecond }) => perSecond)).toFixed(0),
    median(of(system).map(perCore)).toFixed(0),
    of(system)
      .reduce((sum, { lost }) => sum + lost, 0)
      .toFixed(0),
  ]);
  const parts = [rate(systems, of, (one) => one.perSecond, 'facts/s'), rate(systems, of, perCore, 'facts/s per core')];
  return [
    table([['system', 'facts/s', 'per core', 'lost'], ...rows], ['left']),
    ...systems.map((system) => cpuTable(system, of(system))),
    parts.join('\n'),
  ].join('\n\n');
}

/** The median of the rounds' ratios: each round measures both, one after the other. */
function rate(
  systems: readonly string[],
  of: (system: string) => readonly FactsMeasurement[],
  pick: (one: FactsMeasurement) => number,
  what: string,
): string {
  const [first = '', second = ''] = systems;
  const ratios = of(second).map((one, round) => pick(one) / pick(of(first)[round] ?? one));
  return `${second} / ${first}, ${what}: ${median(ratios).toFixed(2)}`;
}

function cpuTable(system: string, measurements: readonly FactsMeasurement[]): string {
  const names = Object.keys(measurements[0]?.cpuUs ?? {});
  const rows = names.map((name) => [name, median(measurements.map(({ cpuUs }) => cpuUs[name] ?? 0)).toFixed(1)]);
  return table([[system, 'CPU us per fact'], ...rows], ['left']);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
