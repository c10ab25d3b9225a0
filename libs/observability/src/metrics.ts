import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { QuickHistogram } from './quick-histogram.js';

/** `<service>_<noun>_<unit>`, such as `message_sends_total`. */
export type MetricName<Unit extends string> = `${string}_${string}_${Unit}`;

export interface CounterOptions<L extends string> {
  readonly name: MetricName<'total'>;
  readonly help: string;
  readonly labels?: readonly L[];
  /** Series that are there from the start: the first event of one that appears with it is an increase nobody sees. */
  readonly series?: readonly Readonly<Record<NoInfer<L>, string>>[];
}

export interface GaugeOptions<L extends string> {
  readonly name: MetricName<'count' | 'bytes' | 'seconds' | 'ratio'>;
  readonly help: string;
  readonly labels?: readonly L[];
  /** Called at each scrape, for a value that is cheaper to read than to follow. */
  readonly read?: () => number;
}

export interface HistogramOptions<L extends string> {
  readonly name: MetricName<'seconds' | 'bytes' | 'items'>;
  readonly help: string;
  readonly labels?: readonly L[];
  readonly buckets?: readonly number[];
}

export interface QuickHistogramOptions {
  readonly name: MetricName<'seconds' | 'bytes' | 'items'>;
  readonly help: string;
  /** rising upper bounds */
  readonly buckets: readonly number[];
}

export interface MetricsOptions {
  /** The app's name: the label `service` of every series, which tells the same metric of several apps apart. */
  readonly service?: string;
  /** CPU, memory, event loop lag of the process; at most one instance per process should ask for it. */
  readonly processMetrics?: boolean;
}

const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+){2,}$/;

/**
 * The metrics of one app, in a registry of its own, so that several apps (or tests) can live in one process.
 * Asking twice for a name gives the same metric.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #made = new Map<string, Counter | Gauge | Histogram>();

  constructor(options: MetricsOptions = {}) {
    if (options.service !== undefined) this.#registry.setDefaultLabels({ service: options.service });
    if (options.processMetrics === true) collectDefaultMetrics({ register: this.#registry });
  }

  counter<L extends string = never>(options: CounterOptions<L>): Counter<L> {
    return this.#once(Counter<L>, options.name, () => {
      const made = new Counter<L>(this.#configuration(options));
      for (const labels of options.series ?? []) made.inc(labels, 0);
      return made;
    });
  }

  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L> {
    const { read } = options;
    return this.#once(Gauge<L>, options.name, () => {
      const configuration = this.#configuration(options);
      if (read === undefined) return new Gauge<L>(configuration);
      return new Gauge<L>({
        ...configuration,
        collect: function (this: Gauge<L>) {
          this.set(read());
        },
      });
    });
  }

  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
    return this.#once(Histogram<L>, options.name, () => {
      const configuration = this.#configuration(options);
      return new Histogram<L>(options.buckets ? { ...configuration, buckets: [...options.buckets] } : configuration);
    });
  }

  /** For what is observed for each frame or fact. */
  quickHistogram(options: QuickHistogramOptions): QuickHistogram {
    return this.#once(
      QuickHistogram,
      options.name,
      () => new QuickHistogram({ ...this.#configuration(options), buckets: [...options.buckets] }),
    );
  }

  /** Everything in the Prometheus text format; serve it with `contentType`. */
  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #configuration<L extends string>(options: {
    readonly name: string;
    readonly help: string;
    readonly labels?: readonly L[];
  }) {
    if (!NAME.test(options.name)) throw new TypeError(`Metric '${options.name}' is not named <service>_<noun>_<unit>.`);
    return {
      name: options.name,
      help: options.help,
      labelNames: [...(options.labels ?? [])],
      registers: [this.#registry],
    };
  }

  #once<M extends Counter | Gauge | Histogram>(
    kind: abstract new (...args: never[]) => M,
    name: string,
    make: () => M,
  ): M {
    const earlier = this.#made.get(name);
    if (earlier instanceof kind) return earlier;
    if (earlier !== undefined) throw new TypeError(`Metric '${name}' exists as another kind.`);
    const made = make();
    this.#made.set(name, made);
    return made;
  }
}
