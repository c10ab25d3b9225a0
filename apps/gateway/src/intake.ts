import type { Actions, Caller, RateLimits } from '@parlance/actions';
import { executorFor } from '@parlance/actions';
import type { Dialect, InboundContext, InboundEvent, Reply, Translation } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Binder } from './binder.js';
import type { Connection } from './connection.js';
import { MAX_WAITING_FRAMES } from './connection.js';
import type { GatewayMetrics } from './gateway.metrics.js';

/** Refused frames in a row after which a connection is closed: it was warned with an error each time. */
export const MAX_REFUSALS = 100;

export type Acknowledge = (...args: unknown[]) => void;

export interface IntakePorts {
  readonly binder: Pick<Binder, 'settle'>;
  readonly limits: Pick<RateLimits, 'admit'>;
  readonly dialectOfEvent: (event: string) => Dialect | null;
  readonly actionsOf: (connection: Connection) => Actions;
  readonly bound: (connection: Connection) => void;
  readonly flooded: (connection: Connection) => void;
}

/**
 * From a frame to an answer: dialect, rate, schema, identity, intent, reply. Every refusal is worded by the dialect; nothing a
 * client sends ends the process.
 */
export class Intake {
  private readonly refusals = new WeakMap<Connection, number>();

  constructor(
    private readonly ports: IntakePorts,
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {}

  /** Never rejects. */
  async receive(
    connection: Connection,
    event: string,
    args: readonly unknown[],
    ack: Acknowledge | null,
  ): Promise<void> {
    const dialect = connection.dialect ?? this.ports.dialectOfEvent(event);
    if (dialect === null) return;
    connection.dialect ??= dialect;
    this.metrics.frame(dialect.name);
    const inbound = dialect.inbound.get(event);
    if (inbound === undefined) {
      const error = new ParlanceError('unsupported', `Unknown event: ${event.slice(0, 64)}`);
      return this.answer(connection, this.refused(connection, error, dialect.refuse(error)), ack);
    }
    this.answer(connection, await this.handle(connection, inbound, args, ack !== null), ack);
  }

  private async handle(
    connection: Connection,
    inbound: InboundEvent,
    args: readonly unknown[],
    acked: boolean,
  ): Promise<Reply> {
    let translation: Translation | null = null;
    try {
      await this.ports.limits.admit(inbound.rate, rateKey(connection));
      translation = inbound.parse(args, contextOf(connection, acked));
      await this.identify(connection, translation);
      if (translation.asks === null) return {};
      const actions = this.ports.actionsOf(connection);
      const reply = await translation.run((intent) => executorFor(actions, callerOf(connection))(intent));
      this.refusals.delete(connection);
      return reply;
    } catch (error) {
      const coded = toParlanceError(error);
      if (coded.code === 'internal') {
        this.logger.error({ code: 'frame-failed', err: coded.cause ?? coded }, 'a frame could not be handled');
      }
      return this.refused(connection, coded, translation?.refuse(coded) ?? inbound.refuse(coded, args));
    }
  }

  /** The first claim binds; frames that come meanwhile wait for it in order, a bounded number of them. */
  private async identify(connection: Connection, translation: Translation): Promise<void> {
    if (connection.state === 'live') return this.ports.binder.settle(connection, translation.claim);
    if (connection.waitingFrames >= MAX_WAITING_FRAMES) {
      throw new ParlanceError('overloaded', 'Too many frames before the connection was identified.', {
        retryAfterMs: 1_000,
      });
    }
    connection.waitingFrames += 1;
    const settled = connection.bound.then(() => this.ports.binder.settle(connection, translation.claim));
    connection.bound = settled.then(
      () => undefined,
      () => undefined,
    );
    try {
      await settled;
    } finally {
      connection.waitingFrames -= 1;
    }
    if (connection.identity !== null) this.ports.bound(connection);
  }

  private refused(connection: Connection, error: ParlanceError, reply: Reply): Reply {
    this.metrics.refused(error.code);
    const count = (this.refusals.get(connection) ?? 0) + 1;
    this.refusals.set(connection, count);
    if (count >= MAX_REFUSALS) this.ports.flooded(connection);
    return reply;
  }

  private answer(connection: Connection, reply: Reply, ack: Acknowledge | null): void {
    if (ack !== null && reply.ack !== undefined) ack(...reply.ack);
    if (ack === null) for (const frame of reply.unacked ?? []) connection.send(frame);
    for (const frame of reply.frames ?? []) connection.send(frame);
  }
}

function contextOf(connection: Connection, acked: boolean): InboundContext {
  return { acked, tenant: connection.tenant, user: connection.identity?.user ?? null };
}

function callerOf(connection: Connection): Caller {
  if (connection.identity === null) throw new ParlanceError('unauthenticated', 'Say who you are first.');
  return connection.identity.caller;
}

function rateKey(connection: Connection): string {
  return connection.userKey ?? `socket ${connection.sessionId}`;
}
