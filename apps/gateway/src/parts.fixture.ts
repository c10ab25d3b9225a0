import type { Bus } from '@parlance/bus';
import { createInProcessHub } from '@parlance/bus';
import type { Delivery, Dialect, OutboundTable, Renderer } from '@parlance/dialect-kit';
import { frame, ignored } from '@parlance/dialect-kit';
import {
  sampleEvents,
  sampleFactBase,
  sampleMessage,
  sampleRoomView,
  sampleTenant,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { Fact, FactOf } from '@parlance/domain';
import { createLogger, Metrics } from '@parlance/observability';
import type { Socket } from 'socket.io';
import { Connection } from './connection.js';
import type { LogEntry } from './fact-parser.js';
import { GatewayMetrics } from './gateway.metrics.js';

/** Parts of a gateway for unit specs: connections whose socket is a list, facts, a quiet logger. */

export const TENANT = sampleTenant().id;
export const quiet = createLogger({ service: 'spec', level: 'silent' });

export function someMetrics(): GatewayMetrics {
  const none = (): number => 0;
  const gauges = {
    connections: none,
    subscriptions: none,
    filled: none,
    rooms: none,
    leaseMembers: none,
    leaseAgeMs: none,
  };
  return new GatewayMetrics(new Metrics(), { ...gauges, unconfirmed: none, isWhole: () => true }, Date.now);
}

/** Two ends of one bus. */
export function busPair(): { readonly edge: Bus; readonly service: Bus } {
  const hub = createInProcessHub();
  return { edge: hub.connect('edge'), service: hub.connect('service') };
}

export interface TestConnection {
  readonly connection: Connection;
  /** names of the events that were written */
  readonly written: string[];
}

/** Bound to a user of the sample tenant, unless `userId` is null. */
export function aConnection(
  dialect: Dialect,
  userId: string | null = 'ann',
  sessionId = `of ${userId}`,
): TestConnection {
  const written: string[] = [];
  const socket: unknown = {
    conn: {
      protocol: 4,
      readyState: 'open',
      writeBuffer: [],
      transport: { name: 'websocket', socket: { bufferedAmount: 0 } },
      write: (packet: string) => written.push(/"([^"]*)"/.exec(packet)?.[1] ?? packet),
    },
    emit: (event: string) => written.push(event),
  };
  const connection = new Connection(socket as Socket, '/', sessionId, dialect, null, null, '127.0.0.1');
  if (userId === null) return { connection, written };
  const user = sampleUser(userId);
  const tenant = sampleTenant();
  const rest = { userId: null, deviceId: null, dialect: null, credentialId: 'key', expiresAt: null };
  const credential = { kind: 'publishable' as const, tenant, ...rest };
  connection.identity = { user, caller: { tenant, credential, user, origin: sessionId } };
  connection.become('live');
  return { connection, written };
}

const allIgnored = Object.fromEntries(
  Object.keys(sampleEvents(sampleRoomView())).map((type) => [type, ignored('not in this spec')]),
) as OutboundTable;

/** A dialect that says `<name>` to the members for each message; `message` replaces how. */
export function aDialect(
  name: string,
  message?: Partial<Renderer<FactOf<'message.created'>>>,
  more: Partial<OutboundTable> = {},
): Dialect {
  const toMembers: readonly Delivery[] = [{ to: 'members', frame: frame(name) }];
  return {
    name,
    opening: { marks: () => false, claim: () => null, resumes: 'named' },
    inbound: new Map(),
    outbound: { ...allIgnored, 'message.created': { render: () => toMembers, ...message }, ...more },
    refuse: () => ({}),
    http: null,
  };
}

export const group = sampleRoomView({ kind: 'group' }, ['ann', 'bob']);
export const direct = sampleRoomView({ id: '64a0000000000000000000d1' }, ['ann', 'bob']);

const START = Date.parse('2026-01-02T03:00:00.000Z');

/** A second for each position. */
export function timeOf(pos: number): number {
  return START + pos * 1_000;
}

function placed(pos: number, view = group): ReturnType<typeof sampleFactBase> {
  const prevAt = pos === 1 ? null : new Date(timeOf(pos - 1)).toISOString();
  return sampleFactBase(view, { pos, prevAt, at: new Date(timeOf(pos)).toISOString() });
}

export function messageAt(pos: number, view = group): Fact {
  return { ...placed(pos, view), type: 'message.created', message: sampleMessage({ roomId: view.room.id, seq: pos }) };
}

export function addedAt(pos: number, userId: string): Fact {
  return { ...placed(pos), type: 'member.added', members: [{ userId, role: 'member' }] };
}

export function removedAt(pos: number, userId: string): Fact {
  return { ...placed(pos), type: 'member.removed', userId, reason: 'removed' };
}

export function entryOf(fact: Fact): LogEntry {
  const { tenantId, room, pos, at, prevAt } = fact;
  const prevAtMs = prevAt === null ? null : Date.parse(prevAt);
  return { tenantId, roomId: room.id, pos, prevAtMs, atMs: Date.parse(at), fact };
}
