import { ParlanceError } from '@parlance/domain';
import { connect, errors, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { reconnectDelay } from './backoff.js';
import type { Bus } from './bus.js';
import { unavailable } from './failures.js';
import { type NatsAddress, parseNatsAddress } from './nats-address.js';
import { NatsTransport } from './nats-transport.js';
import { type BusOptions, busEnvironment } from './ports.js';
import { TransportBus } from './transport-bus.js';
import { within } from './within.js';

export interface NatsOptions extends BusOptions {
  /** `nats://[user:pass@]host:port`, several as a list or separated by commas; `tls://` for TLS */
  readonly servers: string | readonly string[];
  /** shown by the server's monitoring */
  readonly name: string;
  /** milliseconds the first connection may take; default 5,000 */
  readonly connectTimeoutMs?: number | undefined;
  /** spreads reconnections; default Math.random */
  readonly random?: (() => number) | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** A server that is silent for two of these counts as gone. */
const PING_INTERVAL_MS = 3_000;

/**
 * A bus over core NATS. After the first connection it reconnects for ever. Errors, all naming the servers without credentials:
 * `unavailable` (not reached in time), `permission-denied` (credentials refused), `invalid` (unreadable address).
 */
export async function connectNats(options: NatsOptions): Promise<Bus> {
  const address = parseNatsAddress(options.servers);
  const env = busEnvironment(options);
  const backoff = new Backoff(options.random ?? Math.random);
  const connection = await dial(address, options, backoff);
  return new TransportBus(new NatsTransport(connection, env, backoff), options);
}

/** How often reconnection was tried since the connection last held. */
class Backoff {
  private attempt = 0;

  constructor(private readonly random: () => number) {}

  readonly delay = (): number => reconnectDelay(this.attempt, this.random());

  tried(): void {
    this.attempt += 1;
  }

  reset(): void {
    this.attempt = 0;
  }
}

async function dial(address: NatsAddress, options: NatsOptions, backoff: Backoff): Promise<NatsConnection> {
  const timeout = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const dialled = connect(connectionOptions(address, options.name, timeout, backoff));
  try {
    return await within(timeout, dialled);
  } catch (error) {
    // It may still succeed after we gave up; nobody would close it then.
    dialled.then(
      (late) => late.close(),
      () => undefined,
    );
    throw connectFailure(address, error);
  }
}

function connectionOptions(
  address: NatsAddress,
  name: string,
  timeout: number,
  backoff: Backoff,
): NodeConnectionOptions {
  return {
    servers: [...address.servers],
    name,
    timeout,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: backoff.delay,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(address.tls ? { tls: {} } : {}),
    ...(address.credentials ?? {}),
  };
}

function connectFailure(address: NatsAddress, cause: unknown): ParlanceError {
  if (cause instanceof errors.AuthorizationError) {
    return new ParlanceError('permission-denied', `NATS at ${address.shown} refused the credentials.`, undefined, {
      cause,
    });
  }
  return unavailable(`NATS at ${address.shown} cannot be reached. Is nats-server running there?`, cause);
}
