import type { Bus } from './bus.js';
import { type HubConnection, Hub } from './hub.js';
import type { BusOptions } from './ports.js';
import { TransportBus } from './transport-bus.js';

export interface HubOptions {
  /** bytes one message may have; default 1 MiB, that of a NATS server */
  readonly maxPayload?: number | undefined;
}

/** The in-process server: what is connected to one hub hears each other, as several pods on one NATS would. */
export interface InProcessHub {
  connect(name: string, options?: BusOptions): Bus;
  /** Cuts the connections of that name off, as a lost network would. */
  partition(name: string): void;
  /** Brings them back; their subscriptions are as they were. */
  heal(name: string): void;
}

export function createInProcessHub(options: HubOptions = {}): InProcessHub {
  const hub = new Hub(options.maxPayload ?? 1024 * 1024);
  const connections: HubConnection[] = [];
  const called = (name: string): readonly HubConnection[] =>
    connections.filter((connection) => connection.name === name);
  return {
    connect(name, busOptions = {}) {
      const connection = hub.connect(name, () => busOptions.metrics?.onDrop?.('slow-consumer', name));
      connections.push(connection);
      return new TransportBus(connection, busOptions);
    },
    partition: (name) => called(name).forEach((connection) => connection.setConnected(false)),
    heal: (name) => called(name).forEach((connection) => connection.setConnected(true)),
  };
}

/** A bus for a single process: the twin of NATS without a server. */
export function inProcessBus(options: BusOptions & HubOptions = {}): Bus {
  return createInProcessHub(options).connect('in-process', options);
}
