const HOUR_MS = 3_600_000;
const MAX_ZONES = 1_000;
const DAYS_PER_ZONE = 4;
const UTC = 'UTC';

/** A day as people at one place count it. It lasts 24 hours, on the days the clocks are changed 23 or 25. */
export interface LocalDay {
  /** `2025-11-08` */
  readonly day: string;
  /** its first moment, ms since the epoch */
  readonly startsAt: number;
  /** the first moment of the next day */
  readonly endsAt: number;
}

/** Which day it is where. Pure but for what it remembers: the zones' formatters, and of each zone the days asked for last. */
export class LocalDays {
  readonly #zones = new Map<string, Zone>();

  /** The day at a moment. An unknown zone counts as UTC. */
  at(timeZone: string | null, ms: number): LocalDay {
    return this.#zone(timeZone).dayAt(ms);
  }

  /** The day of that name (`2025-11-08`). */
  named(timeZone: string | null, day: string): LocalDay {
    return this.#zone(timeZone).dayNamed(day);
  }

  #zone(timeZone: string | null): Zone {
    const name = timeZone ?? UTC;
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#zones.keys();
    if (this.#zones.size >= MAX_ZONES && oldest !== undefined) this.#zones.delete(oldest);
    const zone = new Zone(formatterOf(name));
    this.#zones.set(name, zone);
    return zone;
  }
}

class Zone {
  #recent: LocalDay[] = [];

  constructor(private readonly formatter: Intl.DateTimeFormat) {}

  dayAt(ms: number): LocalDay {
    const known = this.#recent.find(({ startsAt, endsAt }) => startsAt <= ms && ms < endsAt);
    return known ?? this.dayNamed(this.#nameAt(ms));
  }

  dayNamed(day: string): LocalDay {
    const known = this.#recent.find((one) => one.day === day);
    if (known !== undefined) return known;
    const found = { day, startsAt: this.#startOf(day), endsAt: this.#startOf(dayAfter(day)) };
    this.#recent = [found, ...this.#recent].slice(0, DAYS_PER_ZONE);
    return found;
  }

  #nameAt(ms: number): string {
    return new Date(ms + this.#offsetAt(ms)).toISOString().slice(0, 10);
  }

  /**
   * The first moment at which a clock there shows this day. Midnight may come twice (the first counts), or not at all when the
   * clocks go forward over it: then the day begins with the change.
   */
  #startOf(day: string): number {
    const utc = Date.parse(`${day}T00:00:00.000Z`);
    const [from, to] = [utc - 15 * HOUR_MS, utc + 13 * HOUR_MS];
    const offsets = [this.#offsetAt(from), this.#offsetAt(to)];
    const midnights = offsets.map((offset) => utc - offset).filter((ms) => ms + this.#offsetAt(ms) === utc);
    return midnights.length > 0 ? Math.min(...midnights) : this.#changeBetween(from, to);
  }

  /** The moment of the clock change between two moments with different offsets. */
  #changeBetween(from: number, to: number): number {
    const before = this.#offsetAt(from);
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  /** Local time minus UTC in ms; seconds are whole everywhere. */
  #offsetAt(ms: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.formatter.formatToParts(ms)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000;
  }
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 24 * HOUR_MS).toISOString().slice(0, 10);
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const parts = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
  const of = (zone: string): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      ...parts,
      ...time,
    });
  try {
    return of(timeZone);
  } catch (error) {
    if (error instanceof RangeError) return of(UTC);
    throw error;
  }
}
