import type { Actions, Caller, RateLimits } from '@parlance/actions';
import { executorFor } from '@parlance/actions';
import type { Dialect, InboundContext, InboundEvent, Reply, Translation } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import type { Tenant } from '@parlance/domain';
import { endSpan, startTrace, within, type Logger, type Span } from '@parlance/observability';
import { z } from 'zod';
import type { Binder } from './binder.js';
import type { Connection } from './connection.js';
import { MAX_WAITING_FRAMES } from './connection.js';
import type { GatewayMetrics } from './gateway.metrics.js';

/** Refused frames after which a connection is closed: it was warned with an error each time. A good frame makes up for some. */
export const MAX_REFUSALS = 100;
const FORGIVEN = 10;

export type Acknowledge = (...args: unknown[]) => void;

export interface IntakePorts {
  readonly binder: Pick<Binder, 'settle'>;
  readonly limits: Pick<RateLimits, 'admit'>;
  readonly dialectOfEvent: (event: string) => Dialect | null;
  readonly actionsOf: (connection: Connection) => Actions;
  readonly bound: (connection: Connection) => void;
  readonly flooded: (connection: Connection) => void;
  /** A bind failed half-way: the client must come again, and is bound then. */
  readonly spoiled: (connection: Connection) => void;
}

interface Frame {
  readonly event: string;
  readonly args: readonly unknown[];
  readonly ack: Acknowledge | null;
}

/** What became of a frame's beginning: the answer it gets later, or now. */
type Begun = { readonly reply: Promise<Reply> };

/**
 * From a frame to an answer: dialect, rate, schema, identity, intent, reply. A connection's frames begin one after another, so that
 * what it sent first is settled first; their answers come as they are ready. Every refusal is worded by the dialect; nothing a
 * client sends ends the process.
 */
export class Intake {
  private readonly refusals = new WeakMap<Connection, number>();

  constructor(
    private readonly ports: IntakePorts,
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {}

  /** Settles when the frame is answered. Never rejects. */
  async receive(
    connection: Connection,
    event: unknown,
    args: readonly unknown[],
    ack: Acknowledge | null,
  ): Promise<void> {
    connection.answering += 1;
    const startedAt = performance.now();
    const step = startTrace('gateway.frame', { kind: 'server' });
    try {
      await within(step, () => this.handle(connection, { event: String(event), args, ack }));
    } catch (error) {
      const tenantId = tenantOf(connection)?.id;
      this.logger.error({ code: 'frame-failed', err: error, tenantId }, 'a frame could not be answered');
    } finally {
      this.metrics.answered(performance.now() - startedAt);
      if (step !== undefined) concludeFrame(step, connection, String(event));
      connection.answering -= 1;
      if (connection.answering === 0) connection.charge?.settle();
    }
  }

  private async handle(connection: Connection, frame: Frame): Promise<void> {
    const dialect = connection.dialect ?? this.ports.dialectOfEvent(frame.event);
    if (dialect === null) return void this.refuse(connection, new ParlanceError('unsupported', 'Unknown event.'), {});
    connection.dialect ??= dialect;
    this.metrics.frame(dialect.name);
    const inbound = dialect.inbound.get(frame.event) ?? unknownEvent(dialect, frame.event);
    if (connection.waitingFrames >= MAX_WAITING_FRAMES) {
      const error = new ParlanceError('overloaded', 'Too many frames before the connection was identified.', {
        retryAfterMs: 1_000,
      });
      return this.answer(
        connection,
        this.refuse(connection, error, inbound.refuse(error, frame.args, tenantOf(connection))),
        frame,
      );
    }
    const { reply } = await this.inTurn(connection, () => this.begin(connection, inbound, frame));
    this.answer(connection, await reply, frame);
    if (connection.state === 'unbound' && connection.pendingBind !== null) this.ports.spoiled(connection);
  }

  /** One frame's beginning after another. Also what follows a leave waits for it. */
  private async inTurn(connection: Connection, begin: () => Promise<Begun>): Promise<Begun> {
    connection.waitingFrames += 1;
    const begun = connection.turn.then(begin);
    connection.turn = begun.then(ignore, ignore);
    try {
      return await begun;
    } finally {
      connection.waitingFrames -= 1;
    }
  }

  /** Never rejects. */
  private async begin(connection: Connection, inbound: InboundEvent, { args, ack }: Frame): Promise<Begun> {
    let translation: Translation | null = null;
    const failed = (error: unknown): Reply => {
      const coded = toParlanceError(error);
      if (coded.code === 'internal') {
        const tenantId = tenantOf(connection)?.id;
        this.logger.error(
          { code: 'frame-failed', err: coded.cause ?? coded, tenantId },
          'a frame could not be handled',
        );
      }
      return this.refuse(
        connection,
        coded,
        translation?.refuse(coded) ?? inbound.refuse(coded, args, tenantOf(connection)),
      );
    };
    try {
      await this.ports.limits.admit(inbound.rate, rateKey(connection));
      translation = inbound.parse(args, contextOf(connection, ack !== null));
      await this.identify(connection, translation);
      const reply = this.run(connection, translation).catch(failed);
      // Whoever comes next must find the connection as this frame leaves it.
      if (translation.asks === 'session.leave' || translation.holds === true) await reply;
      return { reply };
    } catch (error) {
      return { reply: Promise.resolve(failed(error)) };
    }
  }

  private async identify(connection: Connection, translation: Translation): Promise<void> {
    const wasUnbound = connection.identity === null;
    await this.ports.binder.settle(connection, translation.claim);
    if (wasUnbound && connection.state === 'live') this.ports.bound(connection);
  }

  private async run(connection: Connection, translation: Translation): Promise<Reply> {
    if (translation.asks === null) return translation.run(askNothing);
    const actions = this.ports.actionsOf(connection);
    const caller = callerOf(connection);
    const reply = await translation.run((intent) => executorFor(actions, caller)(intent));
    this.refusals.set(connection, Math.max(0, (this.refusals.get(connection) ?? 0) - FORGIVEN));
    return reply;
  }

  private refuse(connection: Connection, error: ParlanceError, reply: Reply): Reply {
    this.metrics.refused(error.code);
    const count = (this.refusals.get(connection) ?? 0) + 1;
    this.refusals.set(connection, count);
    if (count >= MAX_REFUSALS) this.ports.flooded(connection);
    return reply;
  }

  private answer(connection: Connection, reply: Reply, { event, ack }: Frame): void {
    const { encoding } = connection;
    if (ack !== null && reply.ack !== undefined) ack(...(encoding?.ack(event, reply.ack) ?? reply.ack));
    if (ack === null) for (const frame of reply.unacked ?? []) connection.send(frame);
    for (const frame of reply.frames ?? []) connection.send(frame);
    if (reply.mode !== undefined) connection.mode = reply.mode;
  }
}

/** Names a client made up stay out of the traces. */
function concludeFrame(step: Span, connection: Connection, event: string): void {
  const { dialect } = connection;
  const known = dialect?.inbound.has(event) === true ? event : 'unknown';
  step.setAttributes({ dialect: dialect?.name ?? 'unknown', event: known, tenantId: tenantOf(connection)?.id ?? '' });
  endSpan(step);
}

function ignore(): void {}

function askNothing(): Promise<never> {
  return Promise.reject(new ParlanceError('internal', 'A frame that asks for nothing asked for something.'));
}

/** Counted against the rate like any other, and refused in the dialect's words. */
function unknownEvent(dialect: Dialect, event: string): InboundEvent {
  return {
    rate: 'other',
    schema: z.unknown(),
    refuse: (error, _args, tenant) => dialect.refuse(error, tenant),
    parse: () => {
      throw new ParlanceError('unsupported', `Unknown event: ${event.slice(0, 64)}`);
    },
  };
}

function contextOf(connection: Connection, acked: boolean): InboundContext {
  return {
    acked,
    // A first frame's own claim is settled after it was parsed.
    get tenant() {
      return connection.tenant;
    },
    get user() {
      return connection.identity?.user ?? null;
    },
  };
}

function tenantOf(connection: Connection): Tenant | null {
  return connection.tenant ?? connection.addressed;
}

function callerOf(connection: Connection): Caller {
  if (connection.identity === null) throw new ParlanceError('unauthenticated', 'Say who you are first.');
  return connection.identity.caller;
}

function rateKey(connection: Connection): string {
  return connection.userKey ?? `socket ${connection.sessionId}`;
}
