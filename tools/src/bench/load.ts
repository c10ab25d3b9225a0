import { setTimeout as delay } from 'node:timers/promises';
import type { OpenPair } from './chat-system.js';
import { Histogram } from './histogram.js';
import { Ledger } from './ledger.js';
import { stamped, type Stamp } from './stamp.js';

const TEXT_CHARS = 172;
const MAX_REASONS = 5;
const AFTER_REFUSAL_MS = 100;
const SILENCE_MS = 15_000;
const POLL_MS = 20;

/** Drives the pairs of one system and keeps the books. */
export class Load {
  readonly ledger: Ledger;
  readonly delivery = new Histogram();
  readonly acknowledgement = new Histogram();
  /** The first few of what went wrong, in words. */
  readonly reasons: string[] = [];
  private pairs: readonly OpenPair[] = [];
  private isClosedLoop = false;

  constructor(pairs: number) {
    this.ledger = new Ledger(pairs);
  }

  drive(pairs: readonly OpenPair[]): void {
    this.pairs = pairs;
  }

  onMessage({ at, pair, number }: Stamp): void {
    if (this.ledger.deliver(pair, number)) this.delivery.add(performance.now() - at);
  }

  complain(reason: string): void {
    if (this.reasons.length < MAX_REASONS) this.reasons.push(reason);
  }

  /** One message outstanding per pair: the next one leaves when the last was acknowledged. Until `settle`. */
  startClosedLoop(): void {
    this.isClosedLoop = true;
    for (const pair of this.pairs.keys()) this.send(pair);
  }

  /**
   * `perSecond` messages for `ms`, whatever comes back. Their latencies count from the moment they were due, so that a late generator or
   * a stalled server cannot hide them.
   */
  async runOpenLoop(perSecond: number, ms: number): Promise<void> {
    const start = performance.now();
    const total = Math.floor((perSecond * ms) / 1_000);
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1_000) + 1);
      for (; sent < due; sent += 1) this.send(sent % this.pairs.length, start + (sent * 1_000) / perSecond);
      await delay(1);
    }
  }

  /** Stops the closed loop and waits until everything that was sent has arrived, or nothing more did for 15 s. */
  async settle(): Promise<void> {
    this.isClosedLoop = false;
    let missing = this.ledger.missing;
    for (let waited = 0; waited < SILENCE_MS && missing > 0; waited += POLL_MS) {
      await delay(POLL_MS);
      if (this.ledger.missing < missing) waited = 0;
      missing = this.ledger.missing;
    }
  }

  resetLatencies(): void {
    this.delivery.reset();
    this.acknowledgement.reset();
  }

  private send(pair: number, at = performance.now()): void {
    const number = this.ledger.send(pair);
    this.pairs[pair]?.sender.send(stamped({ at, pair, number }, TEXT_CHARS), (refusal) => {
      if (refusal === null) this.acknowledged(pair, number, at);
      else this.refused(pair, number, refusal);
      if (!this.isClosedLoop) return;
      if (refusal === null) this.send(pair);
      else setTimeout(() => (this.isClosedLoop ? this.send(pair) : undefined), AFTER_REFUSAL_MS);
    });
  }

  private acknowledged(pair: number, number: number, at: number): void {
    this.acknowledgement.add(performance.now() - at);
    this.ledger.acknowledge(pair, number);
  }

  private refused(pair: number, number: number, refusal: string): void {
    this.ledger.refuse(pair, number);
    this.complain(`refused: ${refusal}`);
  }
}
