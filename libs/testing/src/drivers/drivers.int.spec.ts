import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../history/history.events.js';
import { History } from '../history/history.js';
import { keyed } from '../history/message-key.js';
import type { ChatClient, ClientSetup } from './chat-client.js';
import { ClassicClient } from './classic/classic.driver.js';
import { MinChatSdkClient } from './minchat/minchat-sdk.driver.js';
import { MinChatSocketClient } from './minchat/minchat-socket.driver.js';
import { ReelsClient } from './reels/reels.driver.js';
import { ann, bob, roomOf, TinyServer } from './tiny-server.fixture.js';

let server: TinyServer;
let history: History;
let clients: ChatClient[];

beforeEach(async () => {
  server = await TinyServer.start();
  history = new History();
  clients = [];
});

afterEach(async () => {
  for (const client of clients) await client.disconnect();
  await server.stop();
});

const KINDS = {
  'minchat-sdk': (setup: ClientSetup) => new MinChatSdkClient({ ...setup, apiKey: 'K' }),
  'minchat-socket': (setup: ClientSetup) => new MinChatSocketClient({ ...setup, apiKey: 'K' }),
  classic: (setup: ClientSetup) => new ClassicClient(setup),
  reels: (setup: ClientSetup) => new ReelsClient({ ...setup, token: setup.user.id }),
} as const;
type Kind = keyof typeof KINDS;
const ALL: readonly Kind[] = ['minchat-sdk', 'minchat-socket', 'classic', 'reels'];

async function start(kind: Kind, user = ann, timeoutMs = 15_000): Promise<ChatClient> {
  const client = KINDS[kind]({ name: `${user.username}-${kind}`, user, url: server.url, history, timeoutMs });
  clients.push(client);
  await client.connect();
  await client.identify();
  await client.openRoom(roomOf(user));
  return client;
}

/** Events of one type, without who and when. */
function recorded(type: HistoryEvent['type']): readonly string[] {
  return history.events
    .filter((event) => event.type === type)
    .map((event) => ('key' in event ? `${event.client} ${event.key}` : 'client' in event ? event.client : ''));
}

function namesSent(socket?: string): readonly string[] {
  return server.frames.filter((frame) => socket === undefined || frame.socket === socket).map(({ name }) => name);
}

describe.each(ALL)('%s', (kind) => {
  it('talks with another client of its wire, and writes down what both saw', async () => {
    const one = await start(kind, ann);
    const other = await start(kind, bob);
    const heard = other.nextEvent(({ type }) => type === 'message');
    const outcome = await one.send(roomOf(ann), keyed('k1', 'hello'));
    expect(outcome).toMatchObject({ status: 'acked' });
    expect(await heard).toMatchObject({ type: 'message', room: 'c1', text: 'hello [#k1]' });
    expect(recorded('sending')).toEqual([`${one.name} k1`]);
    expect(recorded('acked')).toEqual([`${one.name} k1`]);
    const everybody = kind === 'classic' || kind === 'reels' ? [one.name, other.name] : [other.name];
    expect([...recorded('received')].sort()).toEqual(everybody.map((name) => `${name} k1`).sort());
    expect(history.events.filter(({ type }) => type === 'malformed')).toEqual([]);
    expect(
      other.rawLog.some(({ direction, args }) => direction === 'in' && JSON.stringify(args).includes('hello')),
    ).toBe(true);
  });

  it('comes back by itself when its connection is cut, and is cut without a goodbye', async () => {
    const client = await start(kind);
    const before = server.handshakes.length;
    client.dropTransport();
    await client.whenDisconnected();
    await client.whenConnected();
    expect(server.handshakes.length).toBe(before + 1);
    const changes = history.events.filter(({ type }) => type === 'connected' || type === 'disconnected');
    expect(changes.map((event) => ('connection' in event ? `${event.type} ${event.connection}` : ''))).toEqual([
      `connected ${client.name}#1`,
      `disconnected ${client.name}#1`,
      `connected ${client.name}#2`,
    ]);
  });

  it('does not know how a send ended whose connection broke', async () => {
    const client = await start(kind);
    server.faults = { answer: null };
    const outcome = client.send(roomOf(ann), keyed('k1', 'hello'));
    await history.until(() => recorded('sending').length === 1, 10_000);
    client.dropTransport();
    expect(await outcome).toEqual({ status: 'failed', code: 'disconnected', retryable: true });
  });

  it('gives up on an answer that never comes', async () => {
    const client = await start(kind, ann, 300);
    server.faults = { answer: null };
    expect(await client.send(roomOf(ann), keyed('k1', 'x'))).toMatchObject({ code: 'timeout', retryable: true });
    await expect(client.nextEvent(() => false)).rejects.toThrow('did not come within 300 ms');
  });
});

describe('the published SDK', () => {
  it('is driven as it is: its own frames, in its own order', async () => {
    const client = await start('minchat-sdk');
    await client.send(roomOf(ann), 'hi');
    expect(server.handshakes).toEqual([{ protocol: 4, transport: 'websocket', auth: {} }]);
    expect(namesSent()).toEqual([
      'POST /v1/user',
      'room.user.join',
      'GET /v1/user/list?usernames[]=bob',
      'POST /v1/chat',
      'room.join',
      'room.join',
      'message',
    ]);
    expect(server.frames.at(-1)?.args).toEqual([{ text: 'hi', apiKey: 'K', chat_id: 'c1', user_id: 'u-ann' }]);
  });

  it('joins nothing again after a reconnect', async () => {
    const client = await start('minchat-sdk');
    const before = server.frames.length;
    client.dropTransport();
    await client.whenDisconnected();
    await client.whenConnected();
    await client.send(roomOf(ann), 'still here');
    expect(namesSent().slice(before)).toEqual(['message']);
  });

  it("leaves Node's own FormData in place", async () => {
    const own = globalThis.FormData;
    await start('minchat-sdk');
    expect(globalThis.FormData).toBe(own);
  });
});

describe('the classic client', () => {
  it('speaks Engine.IO 3 and starts with polling', async () => {
    await start('classic');
    expect(server.handshakes).toEqual([{ protocol: 3, transport: 'polling', auth: {} }]);
  });

  it('says again who it is after each reconnect', async () => {
    const client = await start('classic');
    const before = server.frames.length;
    const known = client.nextEvent(({ type }) => type === 'presence');
    client.dropTransport();
    await known;
    expect(namesSent().slice(before)).toEqual(['status']);
  });

  it.each([
    [
      { type: 'send', error: { code: 413, message: 'too long' } },
      { code: '413', retryable: false },
    ],
    [
      { type: 'send', error: { code: 503, message: 'later' } },
      { code: '503', retryable: true },
    ],
  ])('reads the refusal %j', async (answer, outcome) => {
    const client = await start('classic');
    server.faults = { answer };
    expect(await client.send(roomOf(ann), 'x')).toEqual({ status: 'failed', ...outcome });
  });
});

describe('the reels client', () => {
  it('says who it is in its handshake, and sends through the native API', async () => {
    const client = await start('reels');
    expect(server.handshakes).toMatchObject([{ protocol: 4, transport: 'websocket', auth: { token: 'u-ann' } }]);
    await client.send(roomOf(ann), keyed('k1', 'hi'));
    await client.typing(roomOf(ann), true);
    await client.markRead(roomOf(ann), 'm1');
    await expect.poll(() => namesSent()).toEqual(['POST /api/v1/rooms/c1/messages', 'typing-started', 'messages-read']);
    expect(server.frames.at(-1)?.args).toEqual([{ chat: 'c1' }]);
  });

  it('counts a message once that comes under both names', async () => {
    const client = await start('reels');
    await client.send(roomOf(ann), keyed('k1', 'hi'));
    await expect.poll(() => client.rawLog.map(({ name }) => name)).toEqual(['message-sent', 'messages-sent']);
    expect(recorded('received')).toEqual([`${client.name} k1`]);
  });
});

describe('a frame that no real client could read', () => {
  it.each([
    ['without a field', [{ success: true, id: 'm1', chat_id: 'c1', text: 'x' }]],
    ['with an argument too many', [{}, 'offset']],
    ['of another type', ['text']],
  ])('goes into the history: %s', async (_, message) => {
    await start('minchat-socket', bob);
    const sender = await start('minchat-socket', ann);
    server.faults = { message };
    await sender.send(roomOf(ann), 'x');
    await history.until(() => recorded('malformed').length > 0, 10_000);
    expect(recorded('malformed')).toEqual(['bob-minchat-socket']);
    expect(recorded('received')).toEqual([]);
  });

  it('goes there as an acknowledgement, too', async () => {
    const client = await start('minchat-sdk');
    server.faults = { answer: { success: true } };
    await client.send(roomOf(ann), 'x');
    server.faults = { answer: { ok: 1 } };
    expect(await client.send(roomOf(ann), 'y')).toMatchObject({ status: 'failed', code: 'malformed' });
    expect(recorded('malformed')).toEqual([client.name]);
  });
});
