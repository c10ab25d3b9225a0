import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { freePort } from '@parlance/persistence';
import { createProxyServer } from 'httpxy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { API_KEY, Clients, Heard, next, say } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

let world: World;
let pods: readonly Pod[];
let balancer: Balancer;
const clients = new Clients();

/** Brings every request to the gateway after the one that got the last, as a balancer without affinity does. */
interface Balancer {
  readonly url: string;
  /** how many requests it has brought */
  readonly count: () => number;
  close(): Promise<void>;
}

async function balanced(targets: readonly string[]): Promise<Balancer> {
  const proxy = createProxyServer({});
  let brought = 0;
  const target = (): string => targets[brought++ % targets.length] ?? '';
  const server: Server = createServer((request, response) => {
    proxy.web(request, response, { target: target() }).catch(() => response.destroy());
  });
  server.on('upgrade', (request: IncomingMessage, socket: NetSocket, head: Buffer) => {
    proxy.ws(request, socket, { target: target() }, head).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    count: () => brought,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function startPeer(name: string, env: Readonly<Record<string, string>> = {}): Promise<Pod> {
  return world.startGateway(name, { PARLANCE_GATEWAY_URL: `http://127.0.0.1:${await freePort()}`, ...env });
}

beforeAll(async () => {
  world = await startWorld();
  pods = [await startPeer('one'), await startPeer('two'), await startPeer('three')];
  balancer = await balanced(pods.map(({ url }) => url));
  for (const id of ['ann', 'bob', '7']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(async () => {
  await balancer.close();
  await world.close();
});

describe('behind a balancer that knows no affinity', () => {
  it('a client that polls holds a conversation', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(balancer.url, 'ann', room.id, { transports: ['polling'] });
    const bob = await clients.member(balancer.url, 'bob', room.id, { transports: ['polling'] });
    const heard = new Heard(bob, 'message', 'text');
    for (const text of ['one', 'two', 'three']) await say(ann, 'ann', room.id, text);
    expect(await heard.until(3)).toEqual(['one', 'two', 'three']);
    expect(balancer.count()).toBeGreaterThan(pods.length);
  });

  it('a client that begins by polling gets its WebSocket', async () => {
    const socket = await clients.dial(balancer.url, { transports: ['polling', 'websocket'] });
    const { engine } = socket.io;
    if (engine.transport.name !== 'websocket') {
      await new Promise<void>((resolve) => engine.once('upgrade', () => resolve()));
    }
    expect(engine.transport.name).toBe('websocket');
    const join = await socket.timeout(5_000).emitWithAck('room.user.join', { channelUserId: 'ann', apiKey: API_KEY });
    expect(join).toMatchObject({ success: true });
  });

  it('a client of the 2.x era with its own transports connects and hears', async () => {
    const room = await world.group('ann', '7');
    const ann = await clients.member(balancer.url, 'ann', room.id);
    const seven = await clients.dialOld(balancer.url);
    const heard = new Heard(seven, 'receive', 'message');
    const identified = next(seven, 'logs response');
    seven.emit('status', { user_id: 7, online: true });
    await identified;
    await say(ann, 'ann', room.id, 'hello');
    expect(await heard.until(1)).toEqual(['hello']);
  });
});

const openedSchema = z.object({ sid: z.string() });

/** The id of a new connection, made by polling. */
async function openedAt(url: string): Promise<string> {
  const text = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
  return openedSchema.parse(JSON.parse(text.slice(1))).sid;
}

function poll(url: string, id: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${id}`, { method: 'POST', body: '40', headers });
}

describe('a request that comes to the wrong gateway', () => {
  it('is handed to the one in its id', async () => {
    const [one, two] = pods;
    const id = await openedAt(one?.url ?? '');
    expect((await poll(two?.url ?? '', id)).status).toBe(200);
  });

  it('goes no further than once', async () => {
    const [one, two] = pods;
    const id = await openedAt(one?.url ?? '');
    const answer = await poll(two?.url ?? '', id, { 'x-parlance-forwarded': '1' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ code: 1, message: 'Session ID unknown' });
  });

  it.each(['', 'of-nobody', 'x'.repeat(4_000)])(
    'with an id that no gateway made is refused as unknown (%#)',
    async (id) => {
      expect((await poll(pods[1]?.url ?? '', id)).status).toBe(400);
    },
  );

  it('whose gateway is gone is told that its id is unknown, so that its client connects anew', async () => {
    const gone = await startPeer('gone');
    const id = await openedAt(gone.url);
    await gone.close();
    const answer = await poll(pods[1]?.url ?? '', id);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ code: 1, message: 'Session ID unknown' });
  });

  it('is refused for now where as many are handed on as may be', async () => {
    const narrow = await startPeer('narrow', { PARLANCE_GATEWAY_MAX_CONNECTIONS: '1' });
    const id = await openedAt(pods[0]?.url ?? '');
    expect((await poll(narrow.url, id)).status).toBe(200);
    const waiting = new AbortController();
    const url = `${narrow.url}/socket.io/?EIO=4&transport=polling&sid=${id}`;
    // The first answer is the namespace's; the next poll waits.
    await (await fetch(url)).text();
    const held = fetch(url, { signal: waiting.signal }).catch((error: unknown) => error);
    await expect.poll(async () => (await poll(narrow.url, id)).status).toBe(503);
    waiting.abort();
    await held;
  });
});
