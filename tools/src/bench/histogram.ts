const BUCKETS = 2_400;
const BUCKETS_PER_E = 100;
const US_PER_MS = 1_000;

/** Durations in ms, kept in logarithmic buckets of 1 % width from 1 us to about 7 h: adding one costs the same however many there are. */
export class Histogram {
  private readonly buckets = new Float64Array(BUCKETS);
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(ms: number): void {
    const us = Math.max(1, ms * US_PER_MS);
    const bucket = Math.min(BUCKETS - 1, Math.floor(Math.log(us) * BUCKETS_PER_E));
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.total += 1;
  }

  /** The duration in ms that the share `q` (0 to 1) does not exceed, within 1 %; NaN when nothing was added. */
  quantile(q: number): number {
    if (this.total === 0) return Number.NaN;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.buckets[bucket] ?? 0;
      if (seen >= q * this.total && seen > 0) return Math.exp((bucket + 0.5) / BUCKETS_PER_E) / US_PER_MS;
    }
    return Number.NaN;
  }

  reset(): void {
    this.buckets.fill(0);
    this.total = 0;
  }
}

/** The middle one; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  return high === undefined || low === undefined ? Number.NaN : (low + high) / 2;
}
