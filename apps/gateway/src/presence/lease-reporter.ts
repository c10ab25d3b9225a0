import type { Bus } from '@parlance/bus';
import { endLease, REPORT_PAGE, reportLease } from '@parlance/contracts';
import { outside, type Logger } from '@parlance/observability';
import type { z } from 'zod';

type Report = z.input<typeof reportLease.input>;

/** A connection as the presence service knows it. */
export type LeaseMember = Report['joined'][number];

/** The least time between reports of what came and went, ms: who went is waited for. */
const GATHER_MS = 250;
const GATHER_LEFT_MS = 100;
/**
 * After a report of so many who came, the next one gathers for longer, unless somebody went: in a storm of connections clients are let in
 * first, and one report, and all that follows from it, says what many would.
 */
const MANY = 100;
const GATHER_MANY_MS = 2_000;
/** How long after a failed report it is tried again, ms. */
const AGAIN_MS = 1_000;
/** Departures kept while the service is away; beyond, the lease is given up for a new one, and the old one runs out with them. */
const MAX_LEFT = 100_000;

export interface ReporterOptions {
  readonly maxLeft?: number;
  readonly setTimer?: (work: () => void, ms: number) => void;
}

/**
 * Keeps this gateway's lease: what came and went is reported together, one report after another; a report that fails is made again with
 * what was in it, as it is absolute. When the service does not know the lease, everything is registered anew.
 */
export class LeaseReporter {
  private readonly members = new Map<string, LeaseMember>();
  private joined = new Map<string, LeaseMember>();
  private left = new Map<string, LeaseMember>();
  private registered = false;
  private leases = 0;
  private seq = 0;
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** ms on the monotonic clock */
  private reportsAt = Infinity;
  private reportedAt = -Infinity;
  /** how many came in the last report */
  private came = 0;
  /** the last run ended with an error, and is tried again */
  private failed = false;
  private beatDue = false;
  private ended = false;
  /** when the service last knew the lease, ms on the monotonic clock */
  private knownAt = performance.now();

  constructor(
    private readonly bus: Pick<Bus, 'request'>,
    private readonly podId: string,
    private readonly logger: Logger,
    private readonly options: ReporterOptions = {},
  ) {}

  get size(): number {
    return this.members.size;
  }

  /** Time since the presence service last knew the lease, ms; beyond its length its people count as gone. */
  get ageMs(): number {
    return performance.now() - this.knownAt;
  }

  /** The connection is there and shows itself. Repeating it changes nothing. */
  enter(member: LeaseMember): void {
    const key = keyOf(member);
    if (this.members.has(key)) return;
    this.members.set(key, member);
    this.joined.set(key, member);
    this.left.delete(key);
    this.soon();
  }

  /** It has gone, or hides. Repeating it changes nothing. */
  leave(member: LeaseMember): void {
    const key = keyOf(member);
    if (!this.members.delete(key)) return;
    this.joined.delete(key);
    // Also when it was never reported: a store that forgot must hear that its user has gone.
    this.left.set(key, member);
    if (this.left.size > (this.options.maxLeft ?? MAX_LEFT)) this.giveUp();
    this.soon();
  }

  /** The sign of life; with it goes what is due. */
  beat(): void {
    this.beatDue = true;
    void this.flush();
  }

  /** This gateway goes: its lease ends now. Never rejects: else it runs out by itself. */
  async end(): Promise<void> {
    this.ended = true;
    await this.running;
    try {
      await this.bus.request(endLease, { leaseId: this.leaseId });
    } catch (err) {
      this.logger.warn({ code: 'lease-not-ended', err }, 'the lease runs out by itself');
    }
  }

  /** Settles when what was due when it began is reported, or could not be for now. Never rejects. */
  flush(): Promise<void> {
    this.reportsAt = Infinity;
    this.running ??= this.run().finally(() => {
      this.running = null;
      // Looked at only now: whoever came until here relied on this run.
      if (this.isDue && !this.failed && !this.ended) this.soon();
    });
    return this.running;
  }

  private get leaseId(): string {
    return `${this.podId}.${this.leases}`;
  }

  private get isDue(): boolean {
    return this.beatDue || this.joined.size > 0 || this.left.size > 0 || (!this.registered && this.members.size > 0);
  }

  private giveUp(): void {
    this.leases += 1;
    this.registered = false;
    this.left.clear();
  }

  private soon(): void {
    if (this.running !== null) return;
    const gatherMs = this.left.size > 0 ? GATHER_LEFT_MS : this.came < MANY ? GATHER_MS : GATHER_MANY_MS;
    const at = Math.max(performance.now(), this.reportedAt + gatherMs);
    if (this.reportsAt <= at) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.reportsAt = at;
    const report = (): void => {
      this.timer = null;
      void this.flush();
    };
    outside(() => (this.timer = setTimeout(report, at - performance.now()).unref()));
  }

  private async run(): Promise<void> {
    this.failed = false;
    try {
      while (this.isDue && !this.ended) {
        this.beatDue = false;
        if (!this.registered) await this.register();
        else if (!(await this.reportPage())) this.registered = false;
        // What came meanwhile is gathered again, unless it fills a report.
        else if (this.joined.size + this.left.size < REPORT_PAGE) break;
      }
    } catch (err) {
      this.logger.warn({ code: 'lease-not-reported', err, waiting: this.joined.size + this.left.size }, 'tried again');
      this.failed = true;
      this.later();
    }
  }

  private later(): void {
    const setTimer = this.options.setTimer ?? ((work, ms) => void setTimeout(work, ms).unref());
    setTimer(() => void this.flush(), AGAIN_MS);
  }

  /** Page by page; whoever comes meanwhile is in a later report. */
  private async register(): Promise<void> {
    const lease = this.leaseId;
    const all = [...this.members];
    for (const [key] of all) this.joined.delete(key);
    let known = true;
    for (let start = 0; known && (start === 0 || start < all.length); start += REPORT_PAGE) {
      // Who has left since then is not brought back.
      const page = all.slice(start, start + REPORT_PAGE).filter(([key]) => this.members.has(key));
      known = await this.send({ begins: start === 0, joined: page.map(([, member]) => member), left: [] });
    }
    this.registered = known && lease === this.leaseId;
  }

  private async reportPage(): Promise<boolean> {
    const joined = takeFrom(this.joined);
    const left = takeFrom(this.left);
    try {
      const known = await this.send({ begins: false, joined: [...joined.values()], left: [...left.values()] });
      // Nothing of it was noted: who left must not be forgotten; who joined is registered with all others.
      if (!known) this.putBack(new Map(), left);
      return known;
    } catch (error) {
      this.putBack(joined, left);
      throw error;
    }
  }

  private putBack(joined: ReadonlyMap<string, LeaseMember>, left: ReadonlyMap<string, LeaseMember>): void {
    for (const [key, member] of joined) if (this.members.has(key)) this.joined.set(key, member);
    for (const [key, member] of left) if (!this.members.has(key)) this.left.set(key, member);
  }

  private async send(part: Pick<Report, 'begins' | 'joined' | 'left'>): Promise<boolean> {
    this.seq += 1;
    this.reportedAt = performance.now();
    this.came = part.joined.length;
    const { known } = await this.bus.request(reportLease, { leaseId: this.leaseId, seq: this.seq, ...part });
    if (known) this.knownAt = performance.now();
    return known;
  }
}

/** Control characters are in no id. */
function keyOf({ tenantId, userId, connectionId }: LeaseMember): string {
  return `${connectionId}\u0000${tenantId}\u0000${userId}`;
}

/** At most a page of them, out of the map. */
function takeFrom(map: Map<string, LeaseMember>): Map<string, LeaseMember> {
  const taken = new Map<string, LeaseMember>();
  for (const [key, member] of map) {
    if (taken.size === REPORT_PAGE) break;
    taken.set(key, member);
    map.delete(key);
  }
  return taken;
}
