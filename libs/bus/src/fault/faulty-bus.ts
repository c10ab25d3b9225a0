import type { EventContract, RequestContract } from '@parlance/contracts';
import type { z } from 'zod';
import type { Bus, PublishOptions, RequestOptions } from '../bus.js';
import { type Fault, type FaultOptions, faultPlan } from './fault-plan.js';

/** Events held back at a time; one more lets the oldest go. */
const MAX_HELD = 1_000;

/** Faults remembered for a report; older ones are forgotten, the counts stay. */
const MAX_RECORDED = 10_000;

export interface FaultRecord {
  /** number of the event among those that could suffer, from 1 */
  readonly event: number;
  readonly address: string;
  readonly fault: Exclude<Fault, { readonly kind: 'none' }>;
}

export interface FaultReport {
  readonly seed: number;
  readonly events: number;
  readonly dropped: number;
  readonly duplicated: number;
  readonly held: number;
  readonly doubledRequests: number;
  /** the newest 10,000 */
  readonly faults: readonly FaultRecord[];
}

export interface FaultyBus extends Bus {
  /** What was done so far. */
  report(): FaultReport;
  /** No more faults; what is held back goes out now, in its order. The bus works on. */
  stop(): void;
}

/**
 * A bus whose published events are lost, doubled and reordered by a seed, and whose requests may be delivered twice, as a network
 * may do to them. The same sequence of events suffers the same under the same seed. For tests, and for processes told so by settings.
 */
export function faultyBus(bus: Bus, options: FaultOptions): FaultyBus {
  const faults = new Faults(options);
  return {
    get connected() {
      return bus.connected;
    },
    serve: (contract, handler, serveOptions) => bus.serve(contract, handler, serveOptions),
    serveBatch: (contract, handler, serveOptions) => bus.serveBatch(contract, handler, serveOptions),
    listen: (contract, address, handler, listenOptions) => bus.listen(contract, address, handler, listenOptions),
    flush: () => bus.flush(),
    onStatus: (listener) => bus.onStatus(listener),
    request: (contract, input, requestOptions) => requestTwice(bus, faults, contract, input, requestOptions),
    publish: (contract, address, payload, publishOptions) =>
      publishBadly(bus, faults, contract, address, payload, publishOptions),
    report: () => faults.report(),
    stop: () => faults.stop(),
    drain: () => {
      faults.stop();
      return bus.drain();
    },
  };
}

async function requestTwice<I extends z.ZodType, O extends z.ZodType>(
  bus: Bus,
  faults: Faults,
  contract: RequestContract<I, O>,
  input: z.input<I>,
  options?: RequestOptions,
): Promise<z.output<O>> {
  if (!faults.doubles(contract.subject)) return bus.request(contract, input, options);
  const first = bus.request(contract, input, options);
  // The caller is told the first outcome; the second one is an accident that nobody waits for.
  bus.request(contract, input, options).catch(() => undefined);
  return first;
}

function publishBadly<P extends z.ZodType>(
  bus: Bus,
  faults: Faults,
  contract: EventContract<P>,
  address: string,
  payload: z.input<P>,
  options?: PublishOptions,
): void {
  const fault = faults.next(address);
  if (fault.kind === 'drop') return;
  if (fault.kind !== 'hold') bus.publish(contract, address, payload, options);
  if (fault.kind === 'none') return;
  // A copy: the publisher may change its object before a held event goes out.
  const copy = structuredClone(payload);
  faults.hold(fault.kind === 'hold' ? fault.forMs : fault.afterMs, () => bus.publish(contract, address, copy, options));
}

/** The plan being carried out: what is held, what was done. */
class Faults {
  private readonly plan;
  private readonly held = new Map<() => void, NodeJS.Timeout>();
  private readonly recorded: FaultRecord[] = [];
  private readonly counts = { drop: 0, duplicate: 0, hold: 0 };
  private events = 0;
  private doubledRequests = 0;
  private stopped = false;

  constructor(private readonly options: FaultOptions) {
    this.plan = faultPlan(options);
  }

  next(address: string): Fault {
    if (!this.touches(address)) return { kind: 'none' };
    this.events += 1;
    const fault = this.plan.event();
    if (fault.kind !== 'none') this.note({ event: this.events, address, fault });
    return fault;
  }

  doubles(subject: string): boolean {
    if (!this.touches(subject) || !this.plan.request()) return false;
    this.doubledRequests += 1;
    return true;
  }

  hold(ms: number, publish: () => void): void {
    const [oldest] = this.held.keys();
    if (this.held.size >= MAX_HELD && oldest !== undefined) this.release(oldest);
    this.held.set(
      publish,
      setTimeout(() => this.release(publish), ms),
    );
  }

  stop(): void {
    this.stopped = true;
    for (const publish of [...this.held.keys()]) this.release(publish);
  }

  report(): FaultReport {
    return {
      seed: this.options.seed,
      events: this.events,
      dropped: this.counts.drop,
      duplicated: this.counts.duplicate,
      held: this.counts.hold,
      doubledRequests: this.doubledRequests,
      faults: [...this.recorded],
    };
  }

  private touches(name: string): boolean {
    return !this.stopped && (this.options.only?.(name) ?? true);
  }

  private release(publish: () => void): void {
    clearTimeout(this.held.get(publish));
    this.held.delete(publish);
    publish();
  }

  private note(record: FaultRecord): void {
    this.counts[record.fault.kind] += 1;
    this.recorded.push(record);
    if (this.recorded.length > MAX_RECORDED) this.recorded.shift();
  }
}
