import type { EventContract, RequestContract } from '@parlance/contracts';
import type { z } from 'zod';
import type {
  BatchAnswer,
  BatchItem,
  Bus,
  BusStatus,
  EventTraces,
  ListenOptions,
  PublishOptions,
  RequestContext,
  RequestOptions,
  ServeOptions,
  Subscription,
} from './bus.js';
import { Events } from './events.js';
import { unavailable } from './failures.js';
import { FLUSH_TIMEOUT_MS } from './limits.js';
import { type BusEnvironment, type BusOptions, busEnvironment, guarded } from './ports.js';
import { Requester } from './requester.js';
import { Responder } from './responder.js';
import type { Transport } from './transport.js';
import { within } from './within.js';

/** The bus over any transport. */
export class TransportBus implements Bus {
  private readonly env: BusEnvironment;
  private readonly requester: Requester;
  private readonly responder: Responder;
  private readonly events: Events;
  private draining: Promise<void> | null = null;

  constructor(
    private readonly transport: Transport,
    options: BusOptions,
  ) {
    this.env = busEnvironment(options);
    this.requester = new Requester(transport, this.env, options.maxPending);
    this.responder = new Responder(transport, this.env);
    this.events = new Events(transport, this.env);
    this.env.metrics.onOpen?.(() => ({ pending: this.requester.unanswered, inFlight: this.responder.inFlight }));
  }

  get connected(): boolean {
    return this.transport.connected;
  }

  request<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    input: z.input<I>,
    options?: RequestOptions,
  ): Promise<z.output<O>> {
    return this.requester.request(contract, input, options);
  }

  async serve<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (input: z.output<I>, context: RequestContext) => Promise<z.input<O>>,
    options?: ServeOptions,
  ): Promise<Subscription> {
    this.refuseWhenDraining();
    return this.responder.serve(contract, handler, options);
  }

  async serveBatch<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (items: readonly BatchItem<z.output<I>>[]) => Promise<readonly BatchAnswer<z.input<O>>[]>,
    options?: ServeOptions,
  ): Promise<Subscription> {
    this.refuseWhenDraining();
    return this.responder.serveBatch(contract, handler, options);
  }

  publish<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    payload: z.input<P>,
    options?: PublishOptions,
  ): void {
    this.events.publish(contract, address, payload, options);
  }

  async listen<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    handler: (payload: z.output<P>, address: string, traces: EventTraces) => void,
    options?: ListenOptions,
  ): Promise<Subscription> {
    this.refuseWhenDraining();
    return this.events.listen(contract, address, handler, options);
  }

  async flush(): Promise<void> {
    if (!this.transport.connected) throw unavailable('The message bus is not reachable.');
    await within(FLUSH_TIMEOUT_MS, this.transport.flush());
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    return this.transport.onStatus(guarded(this.env.log, listener));
  }

  drain(): Promise<void> {
    this.draining ??= this.finish();
    return this.draining;
  }

  /** Handlers still at work may ask and publish: their own doors close after they are done. */
  private async finish(): Promise<void> {
    await this.responder.finish();
    await this.events.finish();
    await this.requester.finish();
    await this.transport.close();
  }

  private refuseWhenDraining(): void {
    if (this.draining !== null) throw unavailable('This process is shutting down.');
  }
}
