import { deviceOf } from '@parlance/actions';
import type { RoomView, View } from '@parlance/dialect-kit';
import type { Delivery, Dialect, DomainEvent } from '@parlance/dialect-kit';
import type {
  Fact,
  Message,
  ReceiptChanged,
  RoomStamp,
  Signal,
  StreamAdvanced,
  Tenant,
  UserEvent,
} from '@parlance/domain';
import { continueTrace, endSpan, isRecorded, within, type Logger, type Span } from '@parlance/observability';
import type { AudienceIndex } from './audience-index.js';
import type { Connection } from './connection.js';
import { MAX_BACKLOG } from './connection.js';
import type { LogEntry } from './fact-parser.js';
import { broughtBy } from './fact-parser.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { neededThread, needsRoom, renderFor, rendererOf } from './rendering.js';
import type { EncodedFrame } from './socket-internals.js';
import { encodeFrame } from './socket-internals.js';

export interface DispatcherPorts {
  /** A room with its people, cached by version; null when it cannot be had: renderers do with the event alone. Must not reject. */
  readonly loadView: (tenantId: string, room: RoomStamp) => RoomView | Promise<RoomView | null>;
  /** A message by id, whoever may see it; null when it cannot be had. Must not reject. */
  readonly loadMessage: (tenantId: string, messageId: string) => Promise<Message | null>;
  /** a fact went to the connection, or passed for it */
  readonly wrote: (connection: Connection, event: Fact) => void;
  readonly overflowed: (connection: Connection) => void;
  readonly left: (tenantId: string, roomId: string) => void;
  /** its user's account has ended, and it was told */
  readonly terminated: (connection: Connection) => void;
}

/**
 * Renders each fact once per dialect and writes it to the local connections that may hear it (design.md section 4.8).
 */
export class Dispatcher {
  constructor(
    private readonly audiences: AudienceIndex,
    private readonly ports: DispatcherPorts,
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {}

  /** A fact in its turn. Connections that still bind keep it for later. */
  deliver(entry: LogEntry): void | Promise<void> {
    const { fact } = entry;
    if (fact === null) return this.metrics.skipped('unreadable');
    this.admit(fact);
    const hearers = this.live(entry, this.listeners(fact.tenantId, fact.room, fact));
    const finish = (): void => this.dismiss(fact);
    if (hearers.length === 0) return finish();
    const written = this.tell(entry, fact, hearers);
    if (written === undefined) return finish();
    // Whoever the fact removes hears nothing after it, also when it could not be told.
    return written.finally(finish);
  }

  private tell(entry: LogEntry, fact: Fact, hearers: readonly Connection[]): void | Promise<void> {
    const step = isRecorded(entry.trace) ? deliveryOf(entry.trace, fact, hearers.length) : undefined;
    const told = (): void => {
      this.metrics.deliveredAt(entry.atMs);
      endSpan(step);
    };
    const written = within(step, () => this.write(fact, hearers));
    return written === undefined ? told() : written.finally(told);
  }

  /** A fact for one connection alone: what it is owed, or what came while it bound. */
  async deliverTo(connection: Connection, entry: LogEntry): Promise<void> {
    if (entry.fact === null || entry.pos <= connection.cursor.newest(entry.roomId)) return;
    await this.write(entry.fact, [connection]);
  }

  /** Takes one connection out of a room that its user has left. */
  exclude(connection: Connection, roomId: string): void {
    const tenantId = connection.tenant?.id;
    if (tenantId === undefined) return;
    this.audiences.removeRoom(connection, tenantId, roomId);
    if (this.audiences.ofRoom(tenantId, roomId).size === 0) this.ports.left(tenantId, roomId);
  }

  /** `only`: to this user's connections alone; null: to all of the room. */
  receipt(receipt: ReceiptChanged, only: string | null): void | Promise<void> {
    return this.write(receipt, this.liveListeners(receipt.tenantId, receipt.room, only));
  }

  /** `only`: as for a receipt. */
  signal(signal: Signal, only: string | null): void | Promise<void> {
    return this.write(signal, this.liveListeners(signal.tenantId, signal.room, only));
  }

  /** A signal that lasts, once more to those whose clients have taken it back by themselves. */
  repeat(signal: Signal, only: string | null): void | Promise<void> {
    const hearers = this.liveListeners(signal.tenantId, signal.room, only);
    return this.write(
      signal,
      hearers.filter(({ dialect }) => dialect?.typingLapses === true),
    );
  }

  /** Whether anybody here may hear signals of the room. */
  isHeard(tenantId: string, room: RoomStamp): boolean {
    for (const { state } of this.listeners(tenantId, room, null)) if (state === 'live') return true;
    return false;
  }

  /** What concerns one user: told to that user's connections, or to those of the device that is meant. */
  async userEvent(event: UserEvent): Promise<void> {
    const own = [...this.audiences.ofUser(event.tenantId, event.userId)];
    const hearers = own.filter((one) => one.state === 'live' && isMeant(event.device, one));
    await this.write(event, hearers);
    if (event.type === 'user.terminated') for (const connection of own) this.ports.terminated(connection);
  }

  /** The live connections of a room whose dialect has a word for streams. */
  streamListeners({ tenantId, room }: Pick<StreamAdvanced, 'tenantId' | 'room'>): Connection[] {
    return this.liveListeners(tenantId, room, null).filter(hearsStreams);
  }

  /** Part of a stream, for connections that are known to hear it. */
  stream(event: StreamAdvanced, hearers: readonly Connection[]): void | Promise<void> {
    return this.write(event, hearers);
  }

  mayHear(connection: Connection, room: RoomStamp): boolean {
    const { identity } = connection;
    if (identity === null) return false;
    if (room.pair !== null) return room.pair.includes(identity.user.id);
    return this.audiences.inRoom(connection, identity.caller.tenant.id, room.id);
  }

  private liveListeners(tenantId: string, room: RoomStamp, only: string | null): Connection[] {
    const live = [...this.listeners(tenantId, room, null)].filter((connection) => connection.state === 'live');
    return only === null ? live : live.filter((connection) => connection.identity?.user.id === only);
  }

  private listeners(tenantId: string, room: RoomStamp, fact: Fact | null): Iterable<Connection> {
    if (room.pair !== null) {
      const [one, other] = room.pair.map((id) => this.audiences.ofUser(tenantId, id));
      return [...(one ?? []), ...(other ?? [])];
    }
    const members = this.audiences.ofRoom(tenantId, room.id);
    if (fact?.type !== 'member.removed') return members;
    return new Set([...members, ...this.audiences.ofUser(tenantId, fact.userId)]);
  }

  /** Those of the listeners that are told now; a binding one keeps the fact, one that replayed it already has it. */
  private live(entry: LogEntry, listeners: Iterable<Connection>): Connection[] {
    const hearers: Connection[] = [];
    for (const connection of listeners) {
      if (connection.state === 'binding') this.keep(connection, entry);
      else if (connection.state === 'live' && entry.pos > connection.cursor.newest(entry.roomId)) {
        hearers.push(connection);
      }
    }
    return hearers;
  }

  private keep(connection: Connection, entry: LogEntry): void {
    if (connection.backlog.length >= MAX_BACKLOG) this.ports.overflowed(connection);
    else connection.backlog.push(entry);
  }

  /** Members that a fact brings hear it, and everything after. */
  private admit(fact: Fact): void {
    for (const id of broughtBy(fact)) {
      for (const connection of this.audiences.ofUser(fact.tenantId, id)) {
        this.audiences.addRoom(connection, fact.tenantId, fact.room.id);
      }
    }
  }

  /** Members that a fact removes hear nothing after it. */
  private dismiss(fact: Fact): void {
    const gone =
      fact.type === 'member.removed'
        ? [...this.audiences.ofUser(fact.tenantId, fact.userId)]
        : fact.type === 'room.deleted'
          ? [...this.audiences.ofRoom(fact.tenantId, fact.room.id)]
          : null;
    if (gone === null) return;
    for (const connection of gone) {
      connection.open.delete(fact.room.id);
      this.audiences.removeRoom(connection, fact.tenantId, fact.room.id);
    }
    if (this.audiences.ofRoom(fact.tenantId, fact.room.id).size === 0) this.ports.left(fact.tenantId, fact.room.id);
  }

  /** Dialects that need the room's view wait for it; the others are told at once. */
  private write(event: DomainEvent, hearers: readonly Connection[]): void | Promise<void> {
    const tenant = hearers[0]?.tenant ?? null;
    if (tenant === null) return undefined;
    const waiting: [Dialect, Connection[]][] = [];
    for (const [dialect, connections] of groupByDialect(hearers)) {
      if (needsRoom(dialect, event)) waiting.push([dialect, connections]);
      else this.writeAll(dialect, event, connections, { tenant, room: null });
    }
    if (waiting.length === 0 || event.room === null) return undefined;
    const thread = waiting.map(([dialect]) => neededThread(dialect, event)).find((id) => id !== null) ?? null;
    const view = this.ports.loadView(event.tenantId, event.room);
    if (!(view instanceof Promise) && thread === null) {
      for (const [dialect, connections] of waiting) this.writeAll(dialect, event, connections, { tenant, room: view });
      return undefined;
    }
    const epochs = new Map(hearers.map((connection) => [connection, connection.epoch]));
    const replied = thread === null ? null : this.ports.loadMessage(event.tenantId, thread);
    return Promise.all([view, replied]).then(([room, message]) => {
      for (const [dialect, connections] of waiting) {
        // Who has become somebody else meanwhile must not hear what was meant for the former one.
        const same = connections.filter((connection) => epochs.get(connection) === connection.epoch);
        this.writeAll(dialect, event, same, { tenant, room, replied: message });
      }
    });
  }

  private writeAll(dialect: Dialect, event: DomainEvent, hearers: readonly Connection[], view: View): void {
    const connections = hearers.filter(({ state, closing }) => state !== 'closed' && closing === null);
    for (const delivery of this.render(dialect, event, view)) {
      this.guarded(dialect, event, () => this.send(delivery, event, connections, view.tenant));
    }
    if (!('pos' in event)) return;
    for (const connection of connections) {
      connection.cursor.sent(event.room.id, event.pos);
      this.ports.wrote(connection, event);
    }
  }

  private render(dialect: Dialect, event: DomainEvent, view: View): readonly Delivery[] {
    if (rendererOf(dialect, event) === null) return [];
    return this.guarded(dialect, event, () => renderFor(dialect, event, view)) ?? [];
  }

  /** A renderer that fails costs its own dialect that one event, and nobody else anything. */
  private guarded<T>(dialect: Dialect, event: DomainEvent, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.metrics.skipped('render-failed');
      this.logger.error(
        {
          code: 'render-failed',
          err: error,
          dialect: dialect.name,
          type: event.type,
          tenantId: event.tenantId,
          roomId: event.room?.id,
        },
        'event passed over in one dialect',
      );
      return undefined;
    }
  }

  private send(delivery: Delivery, event: DomainEvent, connections: readonly Connection[], tenant: Tenant): void {
    const targets = this.targets(delivery, event, connections, tenant);
    if ('each' in delivery) {
      for (const connection of targets) {
        const frame = connection.identity === null ? null : delivery.each(connection.identity.user.id);
        if (frame !== null) connection.send(frame);
      }
    } else {
      const encoded = new Map<string, EncodedFrame | null>();
      for (const connection of targets) {
        const { namespace, mode, encoding } = connection;
        const key = `${namespace} ${mode ?? ''}`;
        let frame = encoded.get(key);
        if (frame === undefined) {
          const { event: name, args } = encoding?.frame(delivery.frame) ?? delivery.frame;
          frame = encodeFrame(namespace, name, args);
          encoded.set(key, frame);
        }
        if (frame === null) connection.send(delivery.frame);
        else connection.sendEncoded(frame);
      }
    }
    this.metrics.wrote(targets.length);
  }

  private targets(
    { to, except }: Delivery,
    event: DomainEvent,
    connections: readonly Connection[],
    tenant: Tenant,
  ): readonly Connection[] {
    const roomId = event.room?.id ?? null;
    return connections.filter((connection) => {
      const userId = connection.identity?.user.id;
      if (connection.tenant?.id !== tenant.id || userId === undefined) return false;
      if (
        to === 'open' ? roomId === null || !connection.open.has(roomId) : to !== 'members' && !to.users.includes(userId)
      )
        return false;
      if (except === 'origin') return connection.sessionId !== event.origin;
      if (except === 'actor') return userId !== causeOf(event);
      return true;
    });
  }
}

/** The step of the fact's trace in which this gateway writes it to its connections. */
function deliveryOf(trace: string, { tenantId, type, pos }: Fact, connections: number): Span | undefined {
  return continueTrace(trace, 'gateway.deliver', {
    kind: 'consumer',
    attributes: { tenantId, type, pos, connections },
  });
}

/** Who did it; a user's own event names nobody. */
function causeOf(event: DomainEvent): string | null {
  if ('actor' in event) return event.actor?.id ?? null;
  return 'user' in event ? event.user.id : null;
}

export function hearsStreams({ dialect }: Connection): boolean {
  return dialect !== null && !('ignored' in dialect.outbound['stream.advanced']);
}

/** Whether an event for a device is for this connection. */
export function isMeant(device: UserEvent['device'], { identity }: Connection): boolean {
  if (device === null) return true;
  const own = identity === null ? null : deviceOf(identity.caller);
  return 'only' in device ? own === device.only : own !== device.except;
}

function groupByDialect(connections: readonly Connection[]): Map<Dialect, Connection[]> {
  const groups = new Map<Dialect, Connection[]>();
  for (const connection of connections) {
    if (connection.dialect === null) continue;
    const group = groups.get(connection.dialect);
    if (group === undefined) groups.set(connection.dialect, [connection]);
    else group.push(connection);
  }
  return groups;
}
