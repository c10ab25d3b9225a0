import type { TypingChanged } from '@parlance/domain';
import { keyOf } from '../connection.js';

/** How long typing lasts that nobody ends, by its state, ms (guarantees.md section 3). */
const LASTS_MS = { typing: 30_000, recording: 300_000 } as const;
/** How often it is repeated to clients that take it back by themselves, ms. */
const REPEAT_MS = 5_000;
/** Typists known at a time; of the oldest beyond, the end is not told. */
const MAX_ENTRIES = 20_000;

export interface TypingBoardPorts {
  /** Whether anybody here may hear it. */
  readonly isHeard: (signal: TypingChanged) => boolean;
  /** Tells it to the connections here; `only`: to this user's. */
  readonly tell: (signal: TypingChanged, only: string | null) => void;
  /** Tells it again, to those alone whose clients have taken it back. */
  readonly repeat: (signal: TypingChanged, only: string | null) => void;
  readonly now: () => number;
}

interface Entry {
  readonly signal: TypingChanged;
  readonly only: string | null;
  readonly endsAt: number;
  repeatAt: number;
}

/**
 * Who is typing, as this gateway's connections were told. Each gateway ends it by itself when its time is over, so that a gateway that
 * died leaves nobody typing at the others.
 */
export class TypingBoard {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly ports: TypingBoardPorts) {}

  get size(): number {
    return this.entries.size;
  }

  /** A signal came and is being told. */
  heard(signal: TypingChanged, only: string | null): void {
    const key = entryKey(signal, only);
    this.entries.delete(key);
    if (signal.status === 'stop' || !this.ports.isHeard(signal)) return;
    const now = this.ports.now();
    const lasts = signal.lastsMs ?? LASTS_MS[signal.status];
    this.entries.set(key, { signal, only, endsAt: now + lasts, repeatAt: now + REPEAT_MS });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
  }

  /** The user went offline: nobody is left who types. */
  gone(tenantId: string, userId: string): void {
    for (const [key, { signal, only }] of this.entries) {
      if (signal.tenantId === tenantId && signal.user.id === userId) this.end(key, signal, only);
    }
  }

  /** Ends what is over and repeats what lasts. Run every quarter of a second. */
  tick(): void {
    const now = this.ports.now();
    for (const [key, entry] of this.entries) {
      if (now >= entry.endsAt) this.end(key, entry.signal, entry.only);
      else if (now >= entry.repeatAt) {
        entry.repeatAt = now + REPEAT_MS;
        this.ports.repeat(entry.signal, entry.only);
      }
    }
  }

  private end(key: string, signal: TypingChanged, only: string | null): void {
    this.entries.delete(key);
    this.ports.tell({ ...signal, status: 'stop', text: null }, only);
  }
}

function entryKey({ tenantId, room, user }: TypingChanged, only: string | null): string {
  return `${keyOf(tenantId, room.id)}\u0000${user.id}\u0000${only ?? ''}`;
}
