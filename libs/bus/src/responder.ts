import type { RequestContract } from '@parlance/contracts';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import {
  continueTrace,
  endSpan,
  outside,
  traceFieldsOf,
  traceOf,
  within,
  type Span,
  type SpanOptions,
} from '@parlance/observability';
import type { z } from 'zod';
import { checkAddress, owningService } from './address.js';
import { AnswerSheet } from './answer-sheet.js';
import type { BatchAnswer, BatchItem, RequestContext, ServeOptions, Subscription } from './bus.js';
import { overloaded, unavailable } from './failures.js';
import { InFlight } from './in-flight.js';
import { DRAIN_TIMEOUT_MS, MAX_IN_FLIGHT_ITEMS } from './limits.js';
import { type BusEnvironment, guarded } from './ports.js';
import type { Delivery, Transport } from './transport.js';
import { fieldsOf, isFailure, readRequest, type RequestEnvelope, writeError, writeValue } from './wire.js';

/** An item that passed its schema, and where its answer goes. */
interface Job<I> extends BatchItem<I> {
  /** the step of its trace, ended by the answer */
  readonly span: Span | undefined;
  readonly answer: (text: string) => void;
}

interface Server<I extends z.ZodType> {
  readonly contract: RequestContract<I>;
  readonly inFlight: InFlight;
  /** Answers every job, whatever happens. */
  readonly handle: (jobs: readonly Job<z.output<I>>[]) => void;
}

/** The service's side: checks what comes, calls the handlers, writes the answers. */
export class Responder {
  private readonly servers = new Set<Subscription>();
  private readonly flights = new Set<InFlight>();

  constructor(
    private readonly transport: Transport,
    private readonly env: BusEnvironment,
  ) {}

  /** Items taken and not answered. */
  get inFlight(): number {
    let items = 0;
    for (const flight of this.flights) items += flight.size;
    return items;
  }

  serve<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (input: z.output<I>, context: RequestContext) => Promise<z.input<O>>,
    options?: ServeOptions,
  ): Subscription {
    const inFlight = new InFlight(options?.maxInFlight ?? MAX_IN_FLIGHT_ITEMS, options?.concurrency);
    const one = async (job: Job<z.output<I>>): Promise<void> => {
      job.answer(await this.answerOf(contract, job, async () => handler(job.input, job.context)));
    };
    const handle = (jobs: readonly Job<z.output<I>>[]): void => {
      for (const job of jobs) inFlight.run(1, () => inTrace(job, () => one(job)));
    };
    return this.open({ contract, inFlight, handle });
  }

  serveBatch<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (items: readonly BatchItem<z.output<I>>[]) => Promise<readonly BatchAnswer<z.input<O>>[]>,
    options?: ServeOptions,
  ): Subscription {
    const inFlight = new InFlight(options?.maxInFlight ?? MAX_IN_FLIGHT_ITEMS, options?.concurrency);
    const batch = async (jobs: readonly Job<z.output<I>>[]): Promise<void> => {
      const live = jobs.filter((job) => !this.refuseExpired(contract, job));
      const texts = live.length > 0 ? await this.answersOf(contract, live, handler) : [];
      for (const [index, job] of live.entries()) job.answer(texts[index] ?? this.broken(contract, null));
    };
    const handle = (jobs: readonly Job<z.output<I>>[]): void =>
      inFlight.run(jobs.length, () => outside(() => batch(jobs)));
    return this.open({ contract, inFlight, handle });
  }

  /** Stops taking and waits for what was taken. */
  async finish(): Promise<void> {
    await Promise.all([...this.servers].map((server) => server.stop()));
  }

  private open<I extends z.ZodType>(server: Server<I>): Subscription {
    const { subject } = server.contract;
    checkAddress(subject);
    const take = guarded(this.env.log, (delivery: Delivery) => this.take(server, delivery));
    const carrier = this.transport.subscribe(subject, owningService(subject), take);
    let stopping: Promise<void> | null = null;
    const stop = async (): Promise<void> => {
      await carrier.stop();
      await server.inFlight.idle(DRAIN_TIMEOUT_MS);
      this.servers.delete(subscription);
      this.flights.delete(server.inFlight);
    };
    const subscription: Subscription = { stop: () => (stopping ??= stop()) };
    this.servers.add(subscription);
    this.flights.add(server.inFlight);
    return subscription;
  }

  private take<I extends z.ZodType>(server: Server<I>, delivery: Delivery): void {
    const { reply, subject } = delivery;
    const envelope = readRequest(delivery.text());
    if (reply === undefined || envelope === null) {
      this.env.metrics.onDrop?.('malformed', subject);
      return this.env.log.warn({ code: 'bus-unreadable', subject }, 'A request on the bus could not be read.');
    }
    this.env.metrics.onServed?.(subject, envelope.items.length);
    const send = (text: string): void => this.reply(subject, reply, text);
    const sheet = new AnswerSheet(envelope.items.length, envelope.v, this.transport.maxPayload, send);
    const refusal = this.refusal(server, envelope);
    if (refusal === null) server.handle(this.accept(server.contract, envelope, sheet));
    else for (const place of envelope.items.keys()) sheet.put(place, writeError(refusal));
  }

  private reply(subject: string, reply: string, text: string): void {
    try {
      if (this.transport.publish(reply, text)) return;
      // The caller hears of it by its own timeout.
      this.env.metrics.onDrop?.(this.transport.connected ? 'backlog' : 'disconnected', subject);
    } catch (err) {
      this.env.log.error({ code: 'bus-answer-unsent', subject, err }, 'An answer could not be sent.');
    }
  }

  private refusal<I extends z.ZodType>(server: Server<I>, envelope: RequestEnvelope): ParlanceError | null {
    const { subject, v } = server.contract;
    if (envelope.v !== v) return new ParlanceError('unsupported', `${subject} is served in version ${v}.`);
    if (!server.inFlight.hasRoomFor(envelope.items.length)) return overloaded(`${subject} has too much to do.`);
    return null;
  }

  /** The items that fit the contract and are still wanted; the others are answered here. */
  private accept<I extends z.ZodType>(
    contract: RequestContract<I>,
    envelope: RequestEnvelope,
    sheet: AnswerSheet,
  ): readonly Job<z.output<I>>[] {
    const now = this.env.now();
    const { ttl, trace } = envelope;
    const jobs: Job<z.output<I>>[] = [];
    for (const [place, item] of envelope.items.entries()) {
      const left = typeof ttl === 'number' ? ttl : (ttl[place] ?? 0);
      const carried = Array.isArray(trace) ? (trace[place] ?? null) : trace;
      const span = carried === null ? undefined : continueTrace(carried, contract.subject, stepOf(item));
      const context = { deadline: now + left, trace: span === undefined ? carried : traceOf(span) };
      const answer = (text: string): void => {
        sheet.put(place, text);
        if (span !== undefined) endSpan(span, isFailure(text) ? 'failed' : undefined);
      };
      const input = contract.input.safeParse(item);
      if (input.success) jobs.push({ input: input.data, context, span, answer });
      else
        answer(
          writeError(new ParlanceError('invalid', 'The request is not valid.', { fields: fieldsOf(input.error) })),
        );
    }
    return jobs;
  }

  private async answerOf<O extends z.ZodType>(
    contract: RequestContract<z.ZodType, O>,
    job: Job<unknown>,
    handler: () => Promise<z.input<O>>,
  ): Promise<string> {
    if (this.isExpired(contract, job.context)) return writeError(expired());
    try {
      return writeValue(await handler());
    } catch (error) {
      return this.broken(contract, error, job);
    }
  }

  private async answersOf<I, O extends z.ZodType>(
    contract: RequestContract<z.ZodType, O>,
    jobs: readonly Job<I>[],
    handler: (items: readonly BatchItem<I>[]) => Promise<readonly BatchAnswer<z.input<O>>[]>,
  ): Promise<readonly string[]> {
    try {
      const answers = await handler(jobs.map(({ input, context }) => ({ input, context })));
      if (answers.length !== jobs.length) throw new Error(`${jobs.length} items got ${answers.length} answers`);
      return answers.map((answer, index) => this.writeBatchAnswer(contract, answer, jobs[index]));
    } catch (error) {
      const text = this.broken(contract, error);
      return jobs.map(() => text);
    }
  }

  private writeBatchAnswer(contract: RequestContract, answer: BatchAnswer<unknown>, job?: Job<unknown>): string {
    if (!answer.ok) return this.broken(contract, answer.error, job);
    try {
      return writeValue(answer.value);
    } catch (error) {
      return this.broken(contract, error, job);
    }
  }

  private refuseExpired(contract: RequestContract, job: Job<unknown>): boolean {
    if (!this.isExpired(contract, job.context)) return false;
    job.answer(writeError(expired()));
    return true;
  }

  private isExpired(contract: RequestContract, context: RequestContext): boolean {
    if (context.deadline > this.env.now()) return false;
    this.env.metrics.onDrop?.('expired', contract.subject);
    return true;
  }

  /** What a handler threw, as it crosses the bus. What is not a coded error stays here, in the log. */
  private broken({ subject }: RequestContract, thrown: unknown, job?: Job<unknown>): string {
    const error = toParlanceError(thrown);
    if (error.code === 'internal') {
      const whose = { ...tenantOf(job?.input), ...traceFieldsOf(job?.context.trace) };
      this.env.log.error(
        { code: 'bus-handler-failed', subject, ...whose, err: error.cause ?? error },
        'A bus handler failed.',
      );
    }
    return writeError(error);
  }
}

function expired(): ParlanceError {
  return unavailable('The request came too late to be handled.');
}

/** A request that belongs to no trace must not belong to that of whoever came before it. */
function inTrace<T>({ span }: Job<unknown>, work: () => T): T {
  return span === undefined ? outside(work) : within(span, work);
}

function stepOf(input: unknown): SpanOptions {
  return { kind: 'server', attributes: { ...tenantOf(input) } };
}

const NOBODY = {};

/** Whose request it is, where it says so. */
function tenantOf(input: unknown): { readonly tenantId?: string } {
  if (typeof input !== 'object' || input === null || !('tenantId' in input)) return NOBODY;
  return typeof input.tenantId === 'string' ? { tenantId: input.tenantId } : NOBODY;
}
