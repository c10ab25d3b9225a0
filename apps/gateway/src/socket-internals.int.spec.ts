import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ByteBudget } from '@parlance/actions';
import { dialects } from '@parlance/dialect-registry';
import type { Server, Socket as ServerSocket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { Clients, next, type Options } from './clients.fixture.js';
import {
  abandon,
  backlogOf,
  closeTransport,
  encodeFrame,
  engineOf,
  onEngineConnection,
  probe,
  raiseFrameLimit,
  setSessionToken,
  watchHeartbeats,
  writeEncoded,
  type EngineConnection,
  type FrameCharge,
} from './socket-internals.js';
import { createSocketServer } from './socket-server.js';

const MAX_PACKET = 262_144;

let http: HttpServer;
let io: Server;
let url: string;
let clients: Clients;

beforeEach(async () => {
  clients = new Clients();
  http = createServer();
  io = createSocketServer(http, MAX_PACKET, dialects);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  clients.closeAll();
  await io.close();
});

interface Client {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  once(event: string, listener: (...args: unknown[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
}

/** Both generations over every way to connect. */
const WAYS: readonly (readonly [string, (path: string, more?: Options) => Promise<Client>])[] = [
  ['4.8 over WebSocket', (path, more) => clients.dial(url + path, { transports: ['websocket'], ...more })],
  ['4.8 over polling', (path, more) => clients.dial(url + path, { transports: ['polling'], ...more })],
  ['4.8 with upgrade', (path, more) => clients.dial(url + path, { transports: ['polling', 'websocket'], ...more })],
  ['2.5 over WebSocket', (path) => clients.dialOld(url + path, { transports: ['websocket'] })],
  ['2.5 over polling', (path) => clients.dialOld(url + path, { transports: ['polling'] })],
  ['2.5 with upgrade', (path) => clients.dialOld(url + path)],
];

/** The server's side of the next client of a namespace. */
function accepted(namespace = '/'): Promise<ServerSocket> {
  return new Promise((resolve) => io.of(namespace).once('connection', resolve));
}

async function connect(dial: (path: string) => Promise<Client>, path = '/'): Promise<[Client, ServerSocket]> {
  const server = accepted(path);
  const client = await dial(path);
  return [client, await server];
}

describe.each(WAYS)('a client %s', (_, dial) => {
  it.each(['/', '/minchat'])('reads frames that were encoded once, in %s', async (path) => {
    const [client, server] = await connect(dial, path);
    const heard: unknown[] = [];
    client.on('text', (...args) => heard.push(args));
    const texts = [
      'plain',
      'Gr\u00fc\u00dfe \u4f60\u597d \u{1F680}\u2028',
      'x'.repeat(200),
      '\u20ac'.repeat(30_000),
      'y'.repeat(100_000),
    ];
    for (const text of texts) {
      const frame = encodeFrame(path, 'text', [{ text }, text.length]);
      if (frame !== null) writeEncoded(server, frame);
    }
    const last = next(client, 'end');
    server.emit('end');
    await last;
    expect(heard).toEqual(texts.map((text) => [{ text }, text.length]));
  });

  it('hears everything once and in order, encoded or not, while it connects and upgrades', async () => {
    const COUNT = 400;
    const server = accepted();
    const heard: number[] = [];
    const done = new Promise<void>((resolve) => {
      void server.then(async (socket) => {
        for (let n = 0; n < COUNT; n += 1) {
          const frame = encodeFrame('/', 'n', [n]);
          if (n % 3 === 0 || frame === null) socket.emit('n', n);
          else writeEncoded(socket, frame);
          if (n % 10 === 0) await new Promise((later) => setImmediate(later));
        }
        resolve();
      });
    });
    const client = await dial('/');
    const all = new Promise<void>((resolve) => {
      client.on('n', (n) => {
        heard.push(Number(n));
        if (n === COUNT - 1) resolve();
      });
    });
    await done;
    await all;
    // What came before the listener was there is not ours to judge: from the first heard on there is no gap.
    const [first = 0] = heard;
    expect(heard).toEqual(Array.from({ length: COUNT - first }, (_, index) => first + index));
  });

  it('connects again by itself after its transport was closed', async () => {
    const [, server] = await connect(dial);
    const again = accepted();
    closeTransport(engineOf(server));
    expect((await again).id).not.toBe(server.id);
  });
});

describe('the session token', () => {
  it('comes back when a client of today reconnects', async () => {
    let made = 0;
    io.use((socket, pass) => {
      setSessionToken(socket, `token-${(made += 1)}`);
      pass();
    });
    const [, server] = await connect((path) => clients.dial(url + path));
    const again = accepted();
    closeTransport(engineOf(server));
    expect((await again).handshake.auth).toMatchObject({ pid: 'token-1' });
  });
});

/** Tells what the server noted and what was confirmed, in their order. */
function heartbeatsOf(server: ServerSocket): {
  readonly log: string[];
  readonly until: (entry: string) => Promise<void>;
} {
  const log: string[] = [];
  let marks = 0;
  let confirms = 0;
  let wake = (): void => undefined;
  const note = (entry: string): void => {
    log.push(entry);
    wake();
  };
  watchHeartbeats(engineOf(server), {
    mark: () => note(`mark ${(marks += 1)}`),
    confirm: () => note(`confirm ${(confirms += 1)}`),
  });
  const until = async (entry: string): Promise<void> => {
    while (!log.includes(entry)) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { log, until };
}

describe.each(WAYS.slice(0, 3))('heartbeats of a client %s', (_, dial) => {
  it('confirm what stood before the ping they answer, extra pings included, one of those at a time', async () => {
    const [client, server] = await connect(dial);
    const handled: number[] = [];
    client.on('n', (n) => handled.push(Number(n)));
    const { log, until } = heartbeatsOf(server);
    const engine = engineOf(server);
    for (let round = 1; round <= 3; round += 1) {
      server.emit('n', round);
      expect(probe(engine)).toBe('sent');
      expect(probe(engine)).toBe('outstanding');
      await until(`confirm ${round}`);
      // The client's script had the message before it answered.
      expect(handled).toHaveLength(round);
    }
    expect(log).toEqual(['mark 1', 'confirm 1', 'mark 2', 'confirm 2', 'mark 3', 'confirm 3']);
  });

  it('confirm nothing that was written after an older ping', async () => {
    const [, server] = await connect(dial);
    const engine = engineOf(server);
    const first = heartbeatsOf(server);
    probe(engine);
    const late = heartbeatsOf(server);
    await first.until('confirm 1');
    expect(late.log).toEqual([]);
    probe(engine);
    await late.until('confirm 1');
    expect(first.log.at(-1)).toBe('confirm 2');
  });
});

describe('heartbeats of a client 2.5', () => {
  it('confirm a pong with the ping that follows it', async () => {
    const engines: EngineConnection[] = [];
    onEngineConnection(io, (engine) => engines.push(engine));
    const coming = accepted();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=3&transport=websocket`);
    await once(socket, 'message');
    const server = await coming;
    const { log, until } = heartbeatsOf(server);
    expect(probe(engineOf(server))).toBe('impossible');
    for (const ping of [1, 2, 3]) {
      socket.send('2');
      await until(`mark ${ping}`);
    }
    expect(log).toEqual(['mark 1', 'mark 2', 'confirm 1', 'mark 3', 'confirm 2']);
    socket.close();
  });

  it('are not believed when nobody asked for them', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await once(socket, 'message');
    const server = accepted();
    socket.send('40');
    const watched = heartbeatsOf(await server);
    for (let pong = 0; pong < 5; pong += 1) socket.send('3');
    const heard = next(await server, 'after');
    socket.send('42["after"]');
    await heard;
    probe(engineOf(await server));
    expect(watched.log).toEqual(['mark 1']);
    socket.close();
  });

  it('are not watched beyond their namespace', async () => {
    const [, server] = await connect((path) => clients.dial(url + path));
    const log: string[] = [];
    const engine = engineOf(server);
    const stop = watchHeartbeats(engine, { mark: () => log.push('mark'), confirm: () => log.push('confirm') });
    stop();
    const other = heartbeatsOf(server);
    probe(engine);
    await other.until('confirm 1');
    expect(log).toEqual([]);
  });
});

describe('a client that does not read', () => {
  it('is freed by abandon, whatever is buffered for it', async () => {
    const server = accepted();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await once(socket, 'message');
    socket.send('40');
    const silent = await server;
    socket.pause();
    const engine = engineOf(silent);
    const frame = encodeFrame('/', 'much', ['z'.repeat(200_000)]);
    for (let n = 0; frame !== null && n < 200; n += 1) writeEncoded(silent, frame);
    await new Promise((resolve) => setImmediate(resolve));
    expect(backlogOf(engine).bytes).toBeGreaterThan(1_000_000);
    const closed = next(silent, 'disconnect');
    abandon(engine);
    await closed;
    expect(io.engine.clientsCount).toBe(0);
    socket.terminate();
  });

  it('is seen in the buffer of Engine.IO when it polls no more', async () => {
    const server = accepted();
    const opened = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text();
    const { sid } = z.object({ sid: z.string() }).parse(JSON.parse(opened.slice(1)));
    await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '40' });
    const silent = await server;
    for (let n = 0; n < 20; n += 1) silent.emit('much', 'z'.repeat(100_000));
    const backlog = backlogOf(engineOf(silent));
    expect(backlog.bytes).toBeGreaterThan(1_000_000);
    const closed = next(silent, 'disconnect');
    abandon(engineOf(silent));
    await closed;
  });
});

describe('frames that Engine.IO or Socket.IO refuse', () => {
  const deep = (levels: number): string => `42["e",${'['.repeat(levels)}${']'.repeat(levels)}]`;
  const cases: readonly (readonly [string, string | Buffer])[] = [
    ['garbage', 'garbage'],
    ['an unknown packet type', '9'],
    ['a wrong Socket.IO type', '4x["e"]'],
    ['no JSON', '42["e"'],
    ['no list', '42{"e":1}'],
    ['an event without a name', '42[{}]'],
    ['the reserved name connect', '42["connect"]'],
    ['the reserved name disconnect', '42["disconnect"]'],
    ['the reserved name newListener', '42["newListener"]'],
    ['a binary packet that nobody announced', Buffer.from([1, 2, 3])],
    ['an announced attachment that does not come', '451-["e",{"_placeholder":true,"num":9}]'],
    ['an acknowledgement of nothing', '43-1[]'],
    ['a packet over the limit', `42["e","${'x'.repeat(MAX_PACKET)}"]`],
    ['nesting beyond reason', deep(100_000)],
  ];

  it.each(cases)('%s closes the connection or is passed over; the server lives', async (_, frame) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('uncaughtException', note);
    const server = accepted();
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    await once(socket, 'message');
    socket.send('40');
    const served = await server;
    const over = Promise.race([next(served, 'disconnect'), next(served, 'after')]);
    socket.send(frame);
    if (typeof frame === 'string') socket.send('42["after"]');
    await over;
    socket.terminate();
    await clients.dial(url);
    process.off('uncaughtException', note);
    expect(unhandled).toEqual([]);
  });

  it.each(['error', '__proto__', 'constructor', 'toString'])('lets the event name %s do nothing', async (name) => {
    const server = accepted();
    const client = await clients.dial(url);
    const seen: unknown[] = [];
    const served = await server;
    served.onAny((event: unknown) => seen.push(event));
    client.io.engine.write(`2["${name}",{"__proto__":{"polluted":true}}]`);
    const after = next(served, 'after');
    client.emit('after');
    await after;
    expect(seen).toEqual([name, 'after']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('frames beyond the packet limit', () => {
  const RAISED = 4 * MAX_PACKET;

  /** What each frame of the client does to the server's socket, and to a budget of so many bytes. */
  async function raised(budgetBytes: number) {
    const budget = new ByteBudget(budgetBytes);
    let charge: FrameCharge | null = null;
    const heard: number[] = [];
    io.on('connection', (socket) => {
      charge = raiseFrameLimit(engineOf(socket), MAX_PACKET, RAISED, (bytes) => budget.take(bytes));
      socket.on('file', (bytes: Buffer, done: () => void) => {
        heard.push(bytes.length);
        done();
      });
    });
    const client = await clients.dial(url, { transports: ['websocket'], reconnection: false });
    const send = (bytes: number): Promise<string> =>
      new Promise((resolve) => {
        client.once('disconnect', (reason: unknown) => resolve(String(reason)));
        client.emit('file', Buffer.alloc(bytes), () => resolve('heard'));
      });
    return { budget, heard, send, settle: () => charge?.settle(), end: () => charge?.end() };
  }

  it('come in up to their own limit, and give what they held of the budget back', async () => {
    const { budget, send, settle } = await raised(RAISED);
    expect(await send(3 * MAX_PACKET)).toBe('heard');
    expect(() => budget.take(2 * MAX_PACKET)).toThrow(/at once/);
    settle();
    budget.take(2 * MAX_PACKET)();
    expect(await send(RAISED + 1)).toBe('transport close');
  });

  it('close the connection when the budget is used up', async () => {
    const { send, heard } = await raised(2 * MAX_PACKET);
    expect(await send(3 * MAX_PACKET)).toBe('transport close');
    expect(heard).toEqual([]);
  });

  it('give the budget back when their connection ends', async () => {
    const { budget, send } = await raised(RAISED);
    expect(await send(3 * MAX_PACKET)).toBe('heard');
    clients.closeAll();
    while (io.engine.clientsCount > 0) await new Promise((resolve) => setImmediate(resolve));
    budget.take(RAISED)();
  });

  it('are refused again once the one who may send them has gone', async () => {
    const { send, end } = await raised(RAISED);
    expect(await send(2 * MAX_PACKET)).toBe('heard');
    end();
    expect(await send(2 * MAX_PACKET)).toBe('transport close');
  });
});
