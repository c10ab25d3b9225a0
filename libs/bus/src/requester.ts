import type { RequestContract } from '@parlance/contracts';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import { activeTrace } from '@parlance/observability';
import type { z } from 'zod';
import { checkAddress } from './address.js';
import { cutBatches, requestLimits } from './batching.js';
import type { BusStatus, RequestOptions } from './bus.js';
import { overloaded, tooLarge, unavailable } from './failures.js';
import {
  DEFAULT_TIMEOUT_MS,
  DISCONNECT_GRACE_MS,
  ENVELOPE_BYTES,
  ITEM_OVERHEAD_BYTES,
  MAX_PENDING_REQUESTS,
  MAX_QUEUED_BYTES,
  MAX_TIMEOUT_MS,
} from './limits.js';
import { type BusEnvironment, guarded } from './ports.js';
import type { Transport } from './transport.js';
import { type AnswerEnvelope, jsonOf, readAnswer, readError, type WireAnswer, writeRequest } from './wire.js';

/** Expiry is looked at this often (milliseconds), for all requests at once: a timer per request would cost more than the request. */
const SWEEP_MS = 25;
/**
 * With so many batches unanswered, the next one waits until this long after the last (milliseconds): under load one large batch costs all
 * on its way less than many small ones. Whoever asks while little is under way never waits.
 */
const BUSY_FLIGHTS = 8;
const GATHER_MS = 4;
/** A batch of a contract that gathers does not wait for more than that. */
const ENOUGH = 64;

interface Pending {
  json: string;
  readonly bytes: number;
  /** ms on the monotonic clock: a clock that is put right makes nobody late */
  deadline: number;
  readonly trace: string | null;
  readonly accept: (value: unknown) => void;
  readonly reject: (error: ParlanceError) => void;
}

interface Flight {
  readonly contract: RequestContract;
  /** null: answered or given up */
  readonly items: (Pending | null)[];
  /** ms on the monotonic clock */
  readonly leftAt: number;
  open: number;
}

/** The caller's side: gathers the requests of a turn, sends them in batches, hands each answer to its caller. */
export class Requester {
  private readonly queues = new Map<RequestContract, Pending[]>();
  /** of contracts that gather: when their last batch of several left, ms on the monotonic clock */
  private readonly leftAt = new Map<RequestContract, number>();
  /** wakes the flush for what gathers */
  private waker: NodeJS.Timeout | null = null;
  private readonly flights = new Map<string, Flight>();
  private pending = 0;
  private queuedBytes = 0;
  private flushing = false;
  /** ms on the monotonic clock */
  private flushedAt = -Infinity;
  private tokens = 0;
  /** ms on the monotonic clock */
  private lostAt: number | null = null;
  private closed = false;
  private sweeper: NodeJS.Timeout | null = null;
  /** ms on the monotonic clock */
  private sweptAt = -Infinity;
  private onIdle: (() => void) | null = null;

  constructor(
    private readonly transport: Transport,
    private readonly env: BusEnvironment,
    private readonly maxPending = MAX_PENDING_REQUESTS,
  ) {
    transport.onReply(guarded(env.log, (token, text) => this.take(token, text)));
    transport.onStatus((status) => this.changeStatus(status));
  }

  /** Requests that have no answer yet. */
  get unanswered(): number {
    return this.pending;
  }

  request<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    input: z.input<I>,
    options?: RequestOptions,
  ): Promise<z.output<O>> {
    return new Promise((resolve, reject) => {
      const refuse = (error: ParlanceError): void => {
        this.env.metrics.onRequestError?.(contract.subject, error.code);
        reject(error);
      };
      const accept = (value: unknown): void => {
        const output = contract.output.safeParse(value);
        if (output.success) resolve(output.data);
        else refuse(this.misfit(contract, output.error));
      };
      const refusal = this.refusal();
      if (refusal !== null) return refuse(refusal);
      try {
        this.enqueue(contract, this.encode(contract, input, options, accept, refuse));
      } catch (error) {
        refuse(toParlanceError(error));
      }
    });
  }

  /** No new requests; settles when none is unanswered. Every request ends by its own deadline, so this does too. */
  async finish(): Promise<void> {
    this.closed = true;
    if (this.pending > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private refusal(): ParlanceError | null {
    if (this.closed) return unavailable('This process is shutting down.');
    if (this.pending >= this.maxPending) return overloaded('Too many requests are waiting for an answer.');
    if (this.isLost(performance.now())) return unavailable('The message bus is not reachable.');
    return null;
  }

  private encode<I extends z.ZodType>(
    contract: RequestContract<I>,
    input: z.input<I>,
    options: RequestOptions | undefined,
    accept: (value: unknown) => void,
    reject: (error: ParlanceError) => void,
  ): Pending {
    checkAddress(contract.subject);
    const json = jsonOf(input);
    if (json === undefined) throw new ParlanceError('invalid', 'A request needs an input.');
    const trace = options?.trace ?? activeTrace();
    const bytes = Buffer.byteLength(json) + Buffer.byteLength(trace ?? '') + ITEM_OVERHEAD_BYTES;
    const maxBytes = this.transport.maxPayload - ENVELOPE_BYTES;
    if (bytes > maxBytes) throw tooLarge('The request', maxBytes);
    if (this.queuedBytes + bytes > MAX_QUEUED_BYTES) throw overloaded('Too much is waiting to be sent.');
    const timeout = Math.min(options?.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS);
    return { json, bytes, deadline: performance.now() + timeout, trace, accept, reject };
  }

  private enqueue(contract: RequestContract, item: Pending): void {
    const queue = this.queues.get(contract);
    if (queue === undefined) this.queues.set(contract, [item]);
    else queue.push(item);
    this.pending += 1;
    this.queuedBytes += item.bytes;
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS);
    if (this.waitOf(contract, this.queues.get(contract)) > 0) this.wakeLater();
    else this.scheduleFlush();
  }

  /** How long the contract's next batch gathers still, ms. */
  private waitOf(contract: RequestContract, queue: readonly Pending[] = []): number {
    if (contract.gatherMs === undefined || queue.length >= ENOUGH) return 0;
    return (this.leftAt.get(contract) ?? -Infinity) + contract.gatherMs - performance.now();
  }

  /** A timer for all that gathers: contracts share the moment at which they leave. */
  private wakeLater(): void {
    if (this.waker !== null) return;
    // One whose wait ends at this very moment is woken too: nobody else would.
    const waits = [...this.queues].flatMap(([contract, queue]) =>
      contract.gatherMs === undefined ? [] : Math.max(0, this.waitOf(contract, queue)),
    );
    if (waits.length === 0) return;
    this.waker = setTimeout(
      () => {
        this.waker = null;
        this.scheduleFlush();
      },
      Math.min(...waits),
    );
  }

  private scheduleFlush(): void {
    if (this.flushing || this.lostAt !== null) return;
    this.flushing = true;
    const waitMs = this.flights.size < BUSY_FLIGHTS ? 0 : this.flushedAt + GATHER_MS - performance.now();
    if (waitMs > 0) setTimeout(() => this.flush(), waitMs);
    else setImmediate(() => this.flush());
  }

  private flush(): void {
    this.flushing = false;
    this.flushedAt = performance.now();
    // A lost connection: the items wait for it, within the grace time, under the sweep.
    if (this.lostAt !== null) return;
    const limits = requestLimits(this.transport.maxPayload);
    for (const [contract, queue] of [...this.queues]) {
      if (this.waitOf(contract, queue) > 0) continue;
      this.queues.delete(contract);
      if (contract.gatherMs !== undefined && queue.length > 1) this.leftAt.set(contract, this.flushedAt);
      for (const { bytes } of queue) this.queuedBytes -= bytes;
      for (const batch of cutBatches(queue, limits)) this.send(contract, batch);
    }
    this.wakeLater();
  }

  private send(contract: RequestContract, batch: readonly Pending[]): void {
    const now = performance.now();
    const text = writeRequest(
      contract.v,
      batch.map((item) => Math.ceil(item.deadline - now)),
      batch.map((item) => item.trace),
      batch.map((item) => item.json),
    );
    for (const item of batch) item.json = '';
    const token = (this.tokens++).toString(36);
    const flight: Flight = { contract, items: [...batch], leftAt: performance.now(), open: batch.length };
    this.flights.set(token, flight);
    this.env.metrics.onBatch?.(contract.subject, batch.length);
    const refusal = this.ask(contract.subject, token, text);
    if (refusal !== null) this.fail(token, flight, refusal);
  }

  private ask(subject: string, token: string, text: string): ParlanceError | null {
    try {
      if (this.transport.ask(subject, token, text)) return null;
      return unavailable('The message bus does not take requests at the moment.');
    } catch (error) {
      return toParlanceError(error);
    }
  }

  private take(token: string, text: string | null): void {
    const flight = this.flights.get(token);
    // An answer nobody waits for any more: its requests have timed out.
    if (flight === undefined) return;
    const { subject } = flight.contract;
    if (text === null) return this.fail(token, flight, unavailable(`Nobody serves ${subject} at the moment.`));
    const envelope = readAnswer(text);
    if (envelope === null) {
      this.env.log.error({ code: 'bus-unreadable', subject }, 'An answer on the bus could not be read.');
      return this.fail(token, flight, new ParlanceError('internal', 'The answer could not be read.'));
    }
    this.settle(token, flight, envelope);
  }

  private settle(token: string, flight: Flight, envelope: AnswerEnvelope): void {
    for (const [index, answer] of envelope.answers.entries()) {
      const place = envelope.at === undefined ? index : envelope.at[index];
      const item = place === undefined ? undefined : flight.items[place];
      if (place !== undefined && item) this.answer(flight, place, item, answer);
    }
    if (flight.open === 0) this.conclude(token, flight);
    else if (envelope.at === undefined) {
      this.fail(token, flight, new ParlanceError('internal', 'The answer misses items.'));
    }
  }

  private conclude(token: string, { contract, leftAt }: Flight): void {
    this.flights.delete(token);
    this.env.metrics.onAnswered?.(contract.subject, performance.now() - leftAt);
  }

  private answer(flight: Flight, place: number, item: Pending, answer: WireAnswer): void {
    this.release(flight, place);
    if (answer.ok) item.accept(answer.value);
    else item.reject(readError(answer.error));
  }

  private fail(token: string, flight: Flight, error: ParlanceError): void {
    for (const [place, item] of flight.items.entries()) {
      if (item === null) continue;
      this.release(flight, place);
      item.reject(error);
    }
    this.flights.delete(token);
  }

  private release(flight: Flight, place: number): void {
    flight.items[place] = null;
    flight.open -= 1;
    this.forget(1);
  }

  private forget(count: number): void {
    this.pending -= count;
    if (this.pending > 0) return;
    this.onIdle?.();
  }

  private changeStatus(status: BusStatus): void {
    if (status === 'connected') {
      this.lostAt = null;
      if (this.queues.size > 0) this.scheduleFlush();
      return;
    }
    const now = performance.now();
    this.lostAt ??= now;
    // What was on the wire may never be answered: its caller learns it soon, however patient it was.
    for (const flight of this.flights.values()) {
      for (const item of flight.items) if (item) item.deadline = Math.min(item.deadline, now + DISCONNECT_GRACE_MS);
    }
  }

  private isLost(now: number): boolean {
    return this.lostAt !== null && now >= this.lostAt + DISCONNECT_GRACE_MS;
  }

  private sweep(): void {
    const now = performance.now();
    // Only what was overdue a sweep ago: a process that stood still first reads what came meanwhile, and then says what did not.
    for (const [token, flight] of this.flights) this.expireFlight(token, flight, this.sweptAt);
    this.sweptAt = now;
    if (this.lostAt !== null) this.expireQueues(now);
    if (this.pending > 0 || this.sweeper === null) return;
    clearInterval(this.sweeper);
    this.sweeper = null;
  }

  private expireFlight(token: string, flight: Flight, now: number): void {
    for (const [place, item] of flight.items.entries()) {
      if (item === null || item.deadline > now) continue;
      this.release(flight, place);
      item.reject(unavailable(`${flight.contract.subject} did not answer in time.`));
    }
    if (flight.open === 0) this.flights.delete(token);
  }

  private expireQueues(now: number): void {
    const lost = this.isLost(now);
    for (const [contract, queue] of this.queues) {
      const kept = queue.filter((item) => !lost && item.deadline > now);
      if (kept.length === queue.length) continue;
      if (kept.length > 0) this.queues.set(contract, kept);
      else this.queues.delete(contract);
      for (const item of queue) if (lost || item.deadline <= now) this.drop(item);
    }
  }

  private drop(item: Pending): void {
    this.queuedBytes -= item.bytes;
    this.forget(1);
    item.reject(unavailable('The message bus is not reachable.'));
  }

  private misfit(contract: RequestContract, cause: z.ZodError): ParlanceError {
    this.env.log.error(
      { code: 'bus-answer-unfit', subject: contract.subject, err: cause },
      'An answer on the bus does not fit its contract.',
    );
    return new ParlanceError('internal', 'The answer does not fit its contract.', undefined, { cause });
  }
}
