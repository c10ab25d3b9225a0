import type { EventContract } from '@parlance/contracts';
import { outside } from '@parlance/observability';
import type { z } from 'zod';
import { checkAddress } from './address.js';
import type { EventTraces, ListenOptions, PublishOptions, Subscription } from './bus.js';
import { type BusEnvironment, guarded } from './ports.js';
import type { Delivery, Transport, TransportSubscription } from './transport.js';
import { readEvent, writeEvent } from './wire.js';

/** Events: written once, parsed by each listener for itself. */
export class Events {
  private readonly listeners = new Set<TransportSubscription>();

  constructor(
    private readonly transport: Transport,
    private readonly env: BusEnvironment,
  ) {}

  publish<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    payload: z.input<P>,
    options?: PublishOptions,
  ): void {
    checkAddress(address);
    const text = writeEvent(contract.v, contract.name, payload, options?.traces);
    if (this.transport.publish(address, text)) return;
    this.env.metrics.onDrop?.(this.transport.connected ? 'backlog' : 'disconnected', address);
  }

  listen<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    handler: (payload: z.output<P>, address: string, traces: EventTraces) => void,
    options?: ListenOptions,
  ): Subscription {
    checkAddress(address);
    if (options?.queue !== undefined) checkAddress(options.queue);
    const take = guarded(this.env.log, (delivery: Delivery) => this.take(contract, delivery, handler));
    const carrier = this.transport.subscribe(address, options?.queue, take);
    this.listeners.add(carrier);
    const stop = async (): Promise<void> => {
      await carrier.stop();
      this.listeners.delete(carrier);
    };
    return { stop };
  }

  async finish(): Promise<void> {
    await Promise.all([...this.listeners].map((listener) => listener.stop()));
    this.listeners.clear();
  }

  private take<P extends z.ZodType>(
    contract: EventContract<P>,
    delivery: Delivery,
    handler: (payload: z.output<P>, address: string, traces: EventTraces) => void,
  ): void {
    const { subject } = delivery;
    const envelope = readEvent(delivery.text());
    if (envelope === null) return this.skip(contract, subject, 'An event on the bus could not be read.');
    // Another contract or a newer version at the same address is not for this listener.
    if (envelope.name !== contract.name || envelope.v !== contract.v) return;
    const payload = contract.payload.safeParse(envelope.payload);
    if (!payload.success) {
      return this.skip(contract, subject, 'An event on the bus does not fit its contract.', payload.error);
    }
    try {
      // In one process the publisher's own trace would reach this far, for whatever it published last.
      outside(() => handler(payload.data, subject, envelope.traces ?? []));
    } catch (error) {
      this.env.metrics.onListenerError?.(contract.name);
      this.env.log.error(
        { code: 'bus-listener-failed', event: contract.name, address: subject, err: error },
        'A bus listener failed.',
      );
    }
  }

  private skip(contract: EventContract, address: string, message: string, err?: unknown): void {
    this.env.metrics.onDrop?.('malformed', address);
    this.env.log.warn({ code: 'bus-unreadable', event: contract.name, address, err }, message);
  }
}
