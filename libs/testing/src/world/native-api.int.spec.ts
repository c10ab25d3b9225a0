import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { sampleMessage } from '@parlance/dialect-kit';
import { freePort } from '@parlance/persistence';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { History } from '../history/history.js';
import { ChatWorld, NativeSender } from './chat-world.js';
import { NativeApi } from './native-api.js';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

let http: Server;
let api: NativeApi;
let asked: string[];
let answer: (method: string, url: URL) => Reply;

beforeEach(async () => {
  asked = [];
  http = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://any');
    asked.push(`${request.method ?? ''} ${url.pathname}${url.search} ${request.headers.authorization ?? ''}`);
    const { status, body } = answer(request.method ?? '', url);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  api = new NativeApi(`http://127.0.0.1:${port}`, 'secret');
});

afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

/** As the API shows it. */
function shown(seq: number): object {
  const { extras: _, ...message } = sampleMessage({ id: `message-${seq}`, seq, text: `hi [#k${seq}]` });
  return message;
}

describe('the native API as a client', () => {
  it('encodes ids and brings its credential', async () => {
    answer = () => ({ status: 201, body: { token: 't', expiresAt: '2026-01-02T03:04:05.678Z' } });
    expect(await api.as('other').token('a/b c')).toBe('t');
    expect(asked).toEqual(['POST /api/v1/users/a%2Fb%20c/tokens Bearer other']);
  });

  it('reads the whole log of a room, page by page', async () => {
    answer = (_, url) => {
      const after = Number(url.searchParams.get('afterSeq'));
      const count = Math.min(200, 450 - after);
      const messages = Array.from({ length: count }, (_, n) => shown(after + n + 1));
      return { status: 200, body: { messages, lastSeq: 450 } };
    };
    expect((await api.messages('room')).map(({ seq }) => seq)).toEqual(Array.from({ length: 450 }, (_, n) => n + 1));
    expect(asked).toHaveLength(3);
  });

  it('fails on an answer with a field too many or too few', async () => {
    answer = () => ({ status: 200, body: { messages: [], lastSeq: 0, surprise: 1 } });
    await expect(api.messages('room')).rejects.toThrow('surprise');
    answer = () => ({ status: 200, body: { messages: [] } });
    await expect(api.messages('room')).rejects.toThrow('lastSeq');
  });

  it.each([
    [
      { status: 404, body: { error: { code: 'not-found', message: 'No room.' } } },
      { code: 'not-found', retryable: false },
    ],
    [
      { status: 503, body: { error: { code: 'overloaded', message: 'Later.' } } },
      { code: 'overloaded', retryable: true },
    ],
    [
      { status: 502, body: 'gateway' },
      { code: 'http-502', retryable: true },
    ],
  ])('tells a refusal: %j', async (reply, told) => {
    answer = () => reply;
    await expect(api.getRoom('room')).rejects.toMatchObject({ name: 'NativeApiError', status: reply.status, ...told });
  });
});

describe('a sender of the native API', () => {
  const user = { id: 'ann', number: 1, username: 'ann', name: 'Ann' };

  it('repeats a send under its own client id, and writes down each attempt and answer', async () => {
    const history = new History({ now: () => 0 });
    const sender = new NativeSender(api, history, 'server', user);
    answer = () => ({ status: 503, body: { error: { code: 'unavailable', message: 'Later.' } } });
    expect(await sender.send({ id: 'r' }, 'x [#k1]')).toEqual({
      status: 'failed',
      code: 'unavailable',
      retryable: true,
    });
    answer = () => ({ status: 201, body: shown(1) });
    expect(await sender.send({ id: 'r' }, 'x [#k1]')).toEqual({ status: 'acked', messageId: 'message-1' });
    expect(history.events.map(({ type }) => type)).toEqual(['client', 'sending', 'failed', 'sending', 'acked']);
  });

  it('does not know how a send ended that nobody answered', async () => {
    const sender = new NativeSender(
      new NativeApi(`http://127.0.0.1:${await freePort()}`, 's'),
      new History(),
      'server',
      user,
    );
    expect(await sender.send({ id: 'r' }, 'x')).toMatchObject({ status: 'failed', retryable: true });
  });
});

describe('the world of a run', () => {
  it('writes down who is a member, and when it is no longer sure', async () => {
    const history = new History();
    const room = { id: 'r', uuid: 'u', kind: 'group', members: [] } as const;
    http.removeAllListeners('request').on('request', (_, response) => response.writeHead(204).end());
    await new ChatWorld(api, history).removeMember(room, { id: 'ann', number: 1, username: 'ann', name: 'Ann' });
    expect(history.events).toMatchObject([{ change: 'leaving' }, { change: 'left' }]);
  });

  it('reads logs in the form the judge takes', async () => {
    answer = () => ({ status: 200, body: { messages: [shown(1)], lastSeq: 1 } });
    const world = new ChatWorld(api, new History());
    const logOf = await world.logs([{ id: 'room', uuid: 'u', kind: 'group', members: [] }]);
    expect(logOf('room')).toMatchObject([{ seq: 1, id: 'message-1', key: 'k1', deleted: false, quiet: false }]);
    expect(logOf('another')).toEqual([]);
  });
});
