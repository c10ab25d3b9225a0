import type { Server as HttpServer } from 'node:http';
import type { Dialect } from '@parlance/dialect-kit';
import type { Logger } from '@parlance/observability';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { corkWrites, countHeartbeats, skipUpgrades } from './socket-internals.js';

/** How often the server asks whether a client is there, and how long it may stay silent (guarantees.md P4, P5), ms. */
export const PING_INTERVAL_MS = 10_000;
export const PING_TIMEOUT_MS = 10_000;
const REDIS_CONNECT_MS = 5_000;

/**
 * The Socket.IO server: both Engine.IO generations, polling and WebSocket, no compression, no connection state recovery (it adds an
 * argument to every broadcast; sessions are Parlance's own). Origins are checked against the tenant when a connection
 * identifies itself, so preflights are answered for any.
 */
export function createSocketServer(http: HttpServer, maxPacketBytes: number, dialects: readonly Dialect[]): Server {
  const io = new Server(http, {
    allowEIO3: true,
    transports: ['polling', 'websocket'],
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: maxPacketBytes,
    pingInterval: PING_INTERVAL_MS,
    pingTimeout: PING_TIMEOUT_MS,
    cors: { origin: true, credentials: true },
    // Explicit namespaces are made below; a client that dials another one is refused by Socket.IO.
    cleanupEmptyChildNamespaces: false,
  });
  skipUpgrades(io);
  corkWrites(io, http);
  countHeartbeats(io);
  for (const dialect of dialects) io.of(`/${dialect.name}`);
  return io;
}

/**
 * Joins the gateways for signals and cluster-wide disconnects. The adapter must be made after both connections are ready, as it
 * can crash before (building.md). Redis may go away later: signals then stay local.
 */
export async function joinRedis(io: Server, url: string, logger: Logger): Promise<{ close(): Promise<void> }> {
  const publisher = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false, lazyConnect: true });
  const subscriber = publisher.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true });
  for (const client of [publisher, subscriber]) {
    client.on('error', (err) => logger.warn({ code: 'redis-error', err }, 'signals stay local until Redis is back'));
  }
  await Promise.all([publisher, subscriber].map(connected));
  io.adapter(createShardedAdapter(guarded(publisher, logger), subscriber, { subscriptionMode: 'static' }));
  return {
    close: async () => {
      await Promise.allSettled([publisher.quit(), subscriber.quit()]);
    },
  };
}

async function connected(client: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis did not answer in time.')), REDIS_CONNECT_MS);
  });
  try {
    await Promise.race([client.connect(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The adapter publishes without looking at the outcome: what fails while Redis is away must not become an unhandled rejection. */
function guarded(publisher: Redis, logger: Logger): Redis {
  const publish = publisher.spublish.bind(publisher);
  publisher.spublish = (channel: string | Buffer, message: string | Buffer) =>
    publish(channel, message).catch((err: unknown) => {
      logger.debug({ code: 'redis-publish-failed', err }, 'signal kept local');
      return 0;
    });
  return publisher;
}
