import { readFileSync } from 'node:fs';
import { busyMsOfMachine, cpuMsOfStat, kilobytesOf, pidsOfChildren } from './proc-text.js';

/** Pids of the processes that a component consists of, without their children. */
export type Components = Readonly<Record<string, readonly number[]>>;

export interface CpuUse {
  /** Of each component with its children: cores, that is CPU seconds per second. */
  readonly cores: Readonly<Record<string, number>>;
  readonly machine: number;
  /** What the machine did beside the components: foreign load, and the kernel's work for nobody in particular. */
  readonly other: number;
}

/** Measures the CPU time of components from now until `end`. This process counts without its children. Linux only. */
export class CpuWindow {
  private readonly startedAt = performance.now();
  private readonly before: ReadonlyMap<string, number>;
  private readonly machineBefore = busyMsOfMachine(readProc('stat'));

  constructor(private readonly components: Components) {
    this.before = cpuOf(components);
  }

  end(): CpuUse {
    const ms = performance.now() - this.startedAt;
    const after = cpuOf(this.components);
    const used = [...after].map(([name, cpu]): [string, number] => [name, (cpu - (this.before.get(name) ?? 0)) / ms]);
    const machine = (busyMsOfMachine(readProc('stat')) - this.machineBefore) / ms;
    return {
      cores: Object.fromEntries(used),
      machine,
      other: machine - used.reduce((sum, [, cores]) => sum + cores, 0),
    };
  }
}

/** Resident memory of each component in MB. Of a tree: what its processes share (Postgres' buffers) counts once. */
export function memoryMb(components: Components): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(components).map(([name, pids]) => [
      name,
      pids.reduce((sum, pid) => sum + (pid === process.pid ? processMb(pid) : treeMb(pid)), 0),
    ]),
  );
}

/** Resident memory of a process and all below it, MB. */
export function treeMb(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + treeMb(child), processMb(pid));
}

/** Resident memory in MB; what it shares with others counts in part, where the kernel tells. */
export function processMb(pid: number): number {
  const shared = kilobytesOf('Pss', readProc(`${pid}/smaps_rollup`));
  return (shared || kilobytesOf('VmRSS', readProc(`${pid}/status`))) / 1_024;
}

/** The load averages of 1, 5 and 15 minutes, as the kernel writes them. */
export function loadAverage(): string {
  return readProc('loadavg').split(' ').slice(0, 3).join(' ');
}

function cpuOf(components: Components): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(components).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + treeCpuMs(pid), 0)]),
  );
}

function treeCpuMs(pid: number): number {
  const { own, ofEndedChildren } = cpuMsOfStat(readProc(`${pid}/stat`));
  if (pid === process.pid) return own;
  // A child that ends hands its time to its parent, so that none is lost.
  return childrenOf(pid).reduce((sum, child) => sum + treeCpuMs(child), own + ofEndedChildren);
}

function childrenOf(pid: number): readonly number[] {
  return pidsOfChildren(readProc(`${pid}/task/${pid}/children`));
}

/** Empty when the process is gone, or its files are not for us: it then counts nothing. */
function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch {
    return ''; // A backend that ended between listing and reading is no failure of the measurement.
  }
}
