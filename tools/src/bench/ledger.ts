/**
 * Who was told what, and whether anything was told twice, late or never: messages are numbered per pair from 1. Holds only what is
 * under way.
 */
export class Ledger {
  private readonly last: Uint32Array;
  private readonly newest: Uint32Array;
  private readonly underWay: readonly Map<number, 'sent' | 'acknowledged'>[];
  private counts = { sent: 0, delivered: 0, refused: 0, repeated: 0, disordered: 0, foreign: 0 };

  constructor(pairs: number) {
    this.last = new Uint32Array(pairs);
    this.newest = new Uint32Array(pairs);
    this.underWay = Array.from({ length: pairs }, () => new Map<number, 'sent' | 'acknowledged'>());
  }

  get sent(): number {
    return this.counts.sent;
  }

  get delivered(): number {
    return this.counts.delivered;
  }

  /** Sent, not refused and not delivered: lost, once nothing can come any more. */
  get missing(): number {
    return this.underWay.reduce((sum, numbers) => sum + numbers.size, 0);
  }

  /** The number of the pair's next message. */
  send(pair: number): number {
    const number = (this.last[pair] ?? 0) + 1;
    this.last[pair] = number;
    this.underWay[pair]?.set(number, 'sent');
    this.counts.sent += 1;
    return number;
  }

  /** Whether it is news: sent, not refused, and for the first time. */
  deliver(pair: number, number: number): boolean {
    if (this.underWay[pair]?.delete(number) !== true) {
      const wasSent = number >= 1 && number <= (this.last[pair] ?? 0);
      this.counts[wasSent ? 'repeated' : 'foreign'] += 1;
      return false;
    }
    this.counts.delivered += 1;
    if (number < (this.newest[pair] ?? 0)) this.counts.disordered += 1;
    else this.newest[pair] = number;
    return true;
  }

  /** The server said that it has it; it may have arrived by then. */
  acknowledge(pair: number, number: number): void {
    if (this.underWay[pair]?.has(number) === true) this.underWay[pair].set(number, 'acknowledged');
  }

  /** The server said no: nothing may arrive. */
  refuse(pair: number, number: number): void {
    this.underWay[pair]?.delete(number);
    this.counts.refused += 1;
  }

  /** What went wrong, in words; empty when every message sent was delivered once, and in order if that was promised. */
  faults(promise: 'ordered' | 'unordered'): readonly string[] {
    const { refused, repeated, foreign } = this.counts;
    const disordered = promise === 'ordered' ? this.counts.disordered : 0;
    const states = this.underWay.flatMap((numbers) => [...numbers.values()]);
    const acknowledged = states.filter((state) => state === 'acknowledged').length;
    const found = {
      'lost, acknowledged': acknowledged,
      'lost, unanswered': states.length - acknowledged,
      refused,
      repeated,
      'out of order': disordered,
      'never sent': foreign,
    };
    return Object.entries(found).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
  }
}
