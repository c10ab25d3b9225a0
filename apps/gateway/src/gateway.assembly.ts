import type { Server as HttpServer } from 'node:http';
import { randomBytes, randomUUID } from 'node:crypto';
import { ByteBudget, Directory, RateLimits, watchIdentity } from '@parlance/actions';
import { PrincipalCache, sealer } from '@parlance/auth';
import type { Bus } from '@parlance/bus';
import { getMessage, verifyCredential } from '@parlance/contracts';
import { dialectNamed, dialectOfEvent, dialects } from '@parlance/dialect-registry';
import { objectIdMaker, type Signal } from '@parlance/domain';
import type { Clock, Health, Logger, Metrics } from '@parlance/observability';
import { openFiles } from '@parlance/storage';
import type { Server } from 'socket.io';
import { AudienceIndex } from './audience-index.js';
import { Binder } from './binder.js';
import { CallSockets } from './call-sockets.js';
import { Dispatcher, hearsStreams } from './dispatcher.js';
import type { GatewaySettings } from './gateway.config.js';
import { GatewayMetrics } from './gateway.metrics.js';
import { Gateway } from './gateway.service.js';
import { IdentityRefresher } from './identity-refresher.js';
import { Intake } from './intake.js';
import { COMMIT_SLACK_MS, RoomFeed } from './room-feed.js';
import { DeliveryNotes } from './presence/delivery-notes.js';
import { GatewayPresence } from './presence/gateway-presence.js';
import { Introductions } from './presence/introductions.js';
import { LeaseReporter } from './presence/lease-reporter.js';
import { RoomSizes } from './presence/room-sizes.js';
import { TypingBoard } from './presence/typing-board.js';
import { TypingDesk } from './presence/typing-desk.js';
import { forwardToPeers } from './peer-forwarder.js';
import { SessionKeeper } from './session-keeper.js';
import { Signals } from './signals.js';
import { closeTransport } from './socket-internals.js';
import { createSocketServer, joinRedis } from './socket-server.js';
import { StreamRelay } from './stream-relay.js';
import { UnboundWatch } from './unbound-watch.js';
import { ViewCache } from './view-cache.js';

export interface GatewayEnvironment {
  readonly http: HttpServer;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly clock: Clock;
}

export interface RunningGateway {
  readonly io: Server;
  /** Takes no new connection and moves those it has away, over at most `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Saves what is left to save and lets go of bus and Redis. */
  close(): Promise<void>;
}

const TICK_MS = 250;
const INTRODUCE_MS = 250;
/** Of a replica's name in its sessions, characters; what follows it tells its starts apart. */
const MAX_NAME = 48;
const BEAT_MS = 5_000;
const SWEEP_MS = 60_000;

/** Puts the gateway's parts together and starts its clockwork. Pure wiring: every part is testable without it. */
export async function assembleGateway(settings: GatewaySettings, env: GatewayEnvironment): Promise<RunningGateway> {
  const { bus, logger, clock } = env;
  const { gateway: own, limits } = settings;
  // Named anew at every start: what its predecessor left open must not look alive.
  const podId = `${(own.podId ?? 'gateway').slice(0, MAX_NAME)}.${randomBytes(6).toString('hex')}`;
  const io = createSocketServer(env.http, limits.packetBytes, dialects);
  const redis = own.redisUrl === undefined ? null : await joinRedis(io, own.redisUrl, logger);

  const directory = new Directory(bus);
  const principals = new PrincipalCache({ verify: (request) => bus.request(verifyCredential, request), now: clock });
  const audiences = new AudienceIndex();
  const views = new ViewCache(bus, directory, logger);
  const filled = (): number =>
    Math.max(gateway.connections.size / own.maxConnections, feed.subscriptions / own.maxSubscriptions);
  const gauges = {
    connections: () => gateway.connections.size,
    subscriptions: () => feed.subscriptions,
    filled,
    rooms: () => feed.size,
    isWhole: () => feed.isWhole(),
    leaseMembers: () => lease.size,
    leaseAgeMs: () => lease.ageMs,
    unconfirmed: () => gateway.unconfirmedCount,
  };
  const metrics = new GatewayMetrics(env.metrics, gauges, clock);
  const deliveries = new DeliveryNotes(bus, logger, () => metrics.dropped('delivery-note'));
  const dispatcher: Dispatcher = new Dispatcher(
    audiences,
    {
      loadView: (tenantId, room) => views.load(tenantId, room),
      wrote: (connection, event) => {
        if (event.type === 'message.created') deliveries.sent(connection, event);
        gateway.wrote(connection);
      },
      overflowed: (connection) => gateway.close(connection, 'backlog'),
      left: (tenantId, roomId) => feed.leaveRoom(tenantId, roomId),
      loadMessage: async (tenantId, messageId) => {
        try {
          return (await bus.request(getMessage, { tenantId, viewerId: null, messageId })).message;
        } catch (err) {
          logger.warn(
            { code: 'thread-missing', err, tenantId, messageId },
            'a message is shown without what it answers',
          );
          return null;
        }
      },
      terminated: (connection) => gateway.revoke(connection),
    },
    metrics,
    logger,
  );
  const streams = new StreamRelay({
    bus,
    listeners: (place) => dispatcher.streamListeners(place),
    write: (event, hearers) => void dispatcher.stream(event, hearers),
    logger,
  });
  const feed: RoomFeed = new RoomFeed(
    bus,
    {
      deliver: (entry) => {
        if (entry.fact?.type === 'message.created') streams.end(entry.tenantId, entry.fact.message.id);
        return dispatcher.deliver(entry);
      },
      receipt: (receipt, only) => dispatcher.receipt(receipt, only),
      event: (event, only) => {
        if (event.type === 'stream.advanced') return streams.advance(event);
        if (event.type !== 'typing.changed') calls.told(event, audiences.ofUser(event.tenantId, event.userId));
        if (event.type === 'typing.changed') return tell(event, only);
        if (event.type === 'presence.changed' && !event.online) typing.gone(event.tenantId, event.subject.id);
        return dispatcher.userEvent(event);
      },
    },
    metrics,
    logger,
    { now: clock, random: Math.random, unsequenced: settings.testing.plant === 'sequencer-off' },
  );
  const keeper = new SessionKeeper(bus, podId, () => feed.isWhole(), COMMIT_SLACK_MS, logger);
  const lease = new LeaseReporter(bus, podId, logger);
  const sizes = new RoomSizes(bus, limits.presenceMembers);
  const calls = new CallSockets(bus, podId, logger);
  const rates = new RateLimits({
    messagesPerSecond: limits.messagesPerSecond,
    messageBurst: limits.messagesBurst,
    typingIntervalMs: limits.typingIntervalMs,
    eventsPerSecond: limits.otherEventsPerSecond,
    signalsPerSecond: limits.icePerSecond,
    connectsPerMinute: own.connectsPerMinute,
  });
  const unbound = new UnboundWatch(clock, (engine) => {
    metrics.closed('unbound');
    closeTransport(engine);
  });
  const typing = new TypingBoard({
    isHeard: ({ tenantId, room }) => dispatcher.isHeard(tenantId, room),
    tell: (signal, only) => void dispatcher.signal(signal, only),
    repeat: (signal, only) => void dispatcher.repeat(signal, only),
    now: clock,
  });
  const tell = (signal: Signal, only: string | null): void | Promise<void> => {
    if (signal.type === 'typing.changed') typing.heard(signal, only);
    return dispatcher.signal(signal, only);
  };
  const signals = new Signals(
    io,
    (signal) => tell(signal, null),
    logger,
    redis === null,
    () => metrics.dropped('signal'),
  );
  const desk = new TypingDesk({
    emit: (signal) => signals.emit(signal),
    now: clock,
    intervalMs: limits.typingIntervalMs,
  });
  const introductions = new Introductions(
    bus,
    (tenantId, userId) => audiences.ofUser(tenantId, userId).size > 0,
    logger,
  );
  const presence = new GatewayPresence(lease, desk, deliveries, introductions);
  const secrets = { previous: own.previousSecret };
  if (own.ownUrl !== undefined) {
    const names = sealer(own.secret, { ...secrets, purpose: 'engine' });
    forwardToPeers({ http: env.http, io, sealer: names, ownUrl: own.ownUrl, maxForwarded: own.maxConnections, logger });
  }
  const binder = new Binder({
    bus,
    directory,
    principals,
    tickets: sealer(own.secret, { ...secrets, purpose: 'ticket' }),
    feed,
    audiences,
    dispatcher,
    podId,
    socketsPerUser: limits.socketsPerUser,
    dialectNamed,
    gone: (connection) => void gateway.forget(connection, 'closed'),
    live: (connection) => {
      calls.arrived(connection);
      if (hearsStreams(connection)) void streams.late(connection);
    },
    settled: (tenantId, userId) => keeper.settled(tenantId, userId),
  });
  const intake = new Intake(
    {
      binder,
      limits: rates,
      dialectOfEvent,
      actionsOf: (connection) => gateway.actionsOf(connection),
      bound: (connection) => gateway.bound(connection),
      flooded: (connection) => gateway.close(connection, 'flood'),
      spoiled: (connection) => gateway.close(connection, 'refused'),
    },
    metrics,
    logger,
  );
  const gateway: Gateway = new Gateway({
    io,
    dialects,
    sessions: sealer(own.secret, { ...secrets, purpose: 'session' }),
    newSessionId: () => randomUUID().replaceAll('-', ''),
    directory,
    audiences,
    binder,
    intake,
    keeper,
    presence,
    deliveries,
    calls,
    limits: rates,
    unbound,
    packetBytes: limits.packetBytes,
    largeFrames: new ByteBudget(own.fileFramesBytes),
    actionPorts: {
      bus,
      directory,
      newId: objectIdMaker({ now: clock, randomBytes }),
      maxTextChars: limits.textChars,
      maxPresenceMembers: limits.presenceMembers,
      storage: openFiles(settings.storage),
      mayHear: (connection, room) => dispatcher.mayHear(connection, room),
      emitSignal: (signal) => signals.emit(signal),
      setTyping: (connection, request) => desk.set(connection, request),
      isLargeRoom: (tenantId, room) => sizes.isLarge(tenantId, room),
      show: (connection) => presence.show(connection),
      hide: (connection) => presence.hide(connection),
      isShown: (connection) => presence.isShown(connection),
      save: (connection) => keeper.saveNow(connection),
      now: clock,
    },
    metrics,
    logger,
    now: clock,
    mayAdmit: () => admission(),
    trustProxy: own.trustProxy,
  });

  function admission(): string | null {
    if (gateway.connections.size >= own.maxConnections) return 'This gateway is full.';
    if (feed.subscriptions >= own.maxSubscriptions) return 'This gateway hears as much as it can.';
    return null;
  }

  const refresher = new IdentityRefresher({
    principals,
    directory,
    connections: gateway.connections,
    revoked: (connection) => gateway.revoke(connection),
    logger,
  });
  const stopWatching = await watchIdentity(bus, principals, directory, (change) => refresher.changed(change));
  const recover = (): void => {
    feed.recover().catch((err: unknown) => logger.warn({ code: 'catch-up-failed', err }, 'it is tried again'));
  };
  const offStatus = bus.onStatus((status) => {
    if (status === 'connected') return recover();
    feed.lost((keeper.wholeAtMs ?? clock()) - COMMIT_SLACK_MS);
  });
  env.health.register('bus', () => (bus.connected ? null : 'the bus (NATS) is away'));
  const beat = (): void => {
    keeper
      .flush(true)
      .catch((err: unknown) => logger.warn({ code: 'session-save-failed', err }, 'the last checkpoint stands'));
  };
  const timers = [
    setInterval(() => gateway.tick(), TICK_MS),
    setInterval(() => unbound.sweep(), 1_000),
    setInterval(() => void deliveries.flush(), 1_000),
    setInterval(() => typing.tick(), TICK_MS),
    setInterval(() => void introductions.flush(), INTRODUCE_MS),
    setInterval(() => lease.beat(), BEAT_MS),
    setInterval(() => feed.sweep(), SWEEP_MS),
    setInterval(beat, BEAT_MS),
    setInterval(() => calls.beat(), BEAT_MS),
    setInterval(recover, BEAT_MS),
  ];
  beat();

  return {
    io,
    drain: (graceMs) => gateway.drain(graceMs, (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      offStatus();
      await io.close();
      await Promise.all([keeper.finish(), deliveries.flush(), lease.end(), calls.finish()]);
      await Promise.all([stopWatching(), feed.close()]);
      await redis?.close();
    },
  };
}
