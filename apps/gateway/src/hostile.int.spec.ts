import { createRoom, getMessage, listMessages, putUser, sendMessage } from '@parlance/contracts';
import { snapshotOf, textDraft } from '@parlance/domain';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, next, say, trySay, type OldSocket } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

let world: World;
let pod: Pod;
let foreignKey: string;
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  pod = await world.startGateway('one');
  foreignKey = await world.tenant('acme');
  for (const id of ['ann', 'bob', '7', '8']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(() => world.close());

const failure = { success: false, message: expect.any(String) };

interface Acking {
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

async function ask(socket: Acking, event: string, ...args: unknown[]): Promise<unknown> {
  const answer: unknown = await socket.timeout(10_000).emitWithAck(event, ...args);
  return answer;
}

/** What a room holds, for all that was tried. */
async function textsIn(roomId: string, tenantId = 'demo'): Promise<(string | null)[]> {
  const page = { tenantId, viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
  const { messages } = await world.bus.request(listMessages, page);
  return messages.map((message) => message.text);
}

async function metric(of: Pod, name: string, labels: string): Promise<number> {
  const line = (await of.metrics()).split('\n').find((one) => one.startsWith(`${name}{`) && one.includes(labels));
  return Number(line?.split(' ').at(-1) ?? 0);
}

async function foreignRoom(): Promise<string> {
  const tenantId = 'acme';
  for (const id of ['ann', 'bob']) await world.bus.request(putUser, { tenantId, ref: { id }, fields: {} });
  const fields = { kind: 'group' as const, name: 'Foreign', photo: null, metadata: {}, memberIds: ['ann', 'bob'] };
  const made = await world.bus.request(createRoom, { tenantId, actor: null, origin: null, announce: false, ...fields });
  return made.state.room.id;
}

describe('bad input of the string-id wire', () => {
  const content = (over: object) => ({ apiKey: API_KEY, user_id: 'ann', text: 'x', ...over });
  const bad: readonly (readonly [string, (roomId: string) => unknown[]])[] = [
    ['no argument', () => []],
    ['null', () => [null]],
    ['a text', () => ['message']],
    ['a list', () => [[1, 2]]],
    ['a number for a text', (chat_id) => [content({ chat_id, text: 7 })]],
    ['a number for an id', () => [content({ chat_id: 7 })]],
    ['an empty text', (chat_id) => [content({ chat_id, text: '' })]],
    ['no key', (chat_id) => [{ ...content({ chat_id }), apiKey: undefined }]],
    ['a wrong key', (chat_id) => [content({ chat_id, apiKey: 'pk_wrong' })]],
    ["another tenant's key", (chat_id) => [content({ chat_id, apiKey: foreignKey })]],
    ['a text over the limit', (chat_id) => [content({ chat_id, text: 'x'.repeat(20_001) })]],
    ['nesting over the limit', (chat_id) => [content({ chat_id, metadata: nested(40) })]],
    ['binary metadata', (chat_id) => [content({ chat_id, metadata: { blob: new Uint8Array(9) } })]],
    ['prototype keys', (chat_id) => [{ ...content({ chat_id }), metadata: fromJson('{"__proto__":{"polluted":1}}') }]],
    ['an unknown room', () => [content({ chat_id: 'no-such-room' })]],
    ['an id that no bus or key may read as a pattern', () => [content({ chat_id: '*.>' })]],
    ['a second identity', (chat_id) => [content({ chat_id, user_id: 'bob' })]],
    ['an identity that does not exist', (chat_id) => [content({ chat_id, user_id: 'nobody' })]],
  ];

  it.each(bad)('%s is refused in its words, stores nothing, and the connection works on', async (_, args) => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(pod.url, 'ann', room.id);
    expect(await ask(ann, 'message', ...args(room.id))).toMatchObject(failure);
    await say(ann, 'ann', room.id, 'still here');
    expect(await textsIn(room.id)).toEqual(['still here']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it.each(['no such event', 'send', 'toString', '__proto__', 'error'])('%s is an unknown event', async (event) => {
    const room = await world.group('ann');
    const ann = await clients.member(pod.url, 'ann', room.id);
    expect(await ask(ann, event, {})).toMatchObject(failure);
    const told = next(ann, 'error');
    ann.emit(event, {});
    expect(await told).toMatchObject({ message: expect.stringContaining('Unknown event') });
  });

  it('a number in place of an event name is an unknown event', async () => {
    const room = await world.group('ann');
    const ann = await clients.member(pod.url, 'ann', room.id);
    const told = next(ann, 'error');
    ann.io.engine.write('2[5,{}]');
    expect(await told).toMatchObject({ message: expect.stringContaining('Unknown event') });
    await say(ann, 'ann', room.id, 'alive');
  });

  it('answers alike for what is unknown and what is foreign, room or message', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(pod.url, 'ann', room.id);
    const foreign = await foreignRoom();
    const notMine = await world.group('bob');
    const sender = snapshotOf(await world.user('ann'));
    const draft = textDraft('secret');
    const theirs = { tenantId: 'acme', roomId: foreign, sender, origin: null, clientMessageId: 'c1', draft };
    const { message } = await world.bus.request(sendMessage, theirs);
    const rooms = await Promise.all(['unknown', foreign, notMine.id].map((id) => trySay(ann, 'ann', id, 'let me in')));
    expect(new Set(rooms.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const edits = await Promise.all(
      ['unknown', message.id].map((messageId) =>
        ask(ann, 'message.update', { messageId, text: 'mine', apiKey: API_KEY }),
      ),
    );
    expect(edits[0]).toMatchObject(failure);
    expect(edits[1]).toEqual(edits[0]);
    for (const event of ['message.delete', 'message.seen']) {
      const field = event === 'message.delete' ? 'messageId' : 'lastMessageId';
      expect(await ask(ann, event, { [field]: message.id, apiKey: API_KEY })).toMatchObject(failure);
    }
    expect(await textsIn(foreign, 'acme')).toEqual(['secret']);
    expect(await textsIn(notMine.id)).toEqual([]);
    const read = world.bus.request(getMessage, { tenantId: 'acme', viewerId: null, messageId: message.id });
    expect((await read).message).toMatchObject({ text: 'secret', deletedAt: null });
  });

  it('believes no bare claim where the tenant says so', async () => {
    await foreignRoom();
    const socket = await clients.dial(pod.url);
    expect(await ask(socket, 'room.user.join', { channelUserId: 'ann', apiKey: foreignKey })).toMatchObject(failure);
    const roomId = await foreignRoom();
    const message = { text: 'x', apiKey: foreignKey, chat_id: roomId, user_id: 'ann' };
    expect(await ask(socket, 'message', message)).toMatchObject(failure);
    expect(await textsIn(roomId, 'acme')).toEqual([]);
  });

  it('refuses and counts a second identity; the first one stays', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(pod.url, 'ann', room.id);
    const before = await metric(pod, 'gateway_refusals_total', 'permission-denied');
    expect(await ask(ann, 'room.user.join', { channelUserId: 'bob', apiKey: API_KEY })).toMatchObject(failure);
    expect(await metric(pod, 'gateway_refusals_total', 'permission-denied')).toBe(before + 1);
    expect(await say(ann, 'ann', room.id, 'me')).toMatchObject({ user: { id: 'ann' } });
  });

  it('lets a user be switched by leaving first, all in one burst', async () => {
    const room = await world.group('ann', 'bob');
    const socket = await clients.member(pod.url, 'ann', room.id);
    const leaving = ask(socket, 'room.user.leave', { channelUserId: 'ann', apiKey: API_KEY });
    const joining = ask(socket, 'room.user.join', { channelUserId: 'bob', apiKey: API_KEY });
    const saying = say(socket, 'bob', room.id, 'bob now');
    await Promise.all([leaving, joining]);
    expect(await saying).toMatchObject({ user: { id: 'bob' } });
    expect(await trySay(socket, 'ann', room.id, 'ann again')).toMatchObject(failure);
  });

  it('answers a repeated client id with the first message, and with another body not at all', async () => {
    const room = await world.group('ann', 'bob');
    const sender = snapshotOf(await world.user('ann'));
    const send = (text: string) =>
      world.bus.request(sendMessage, {
        tenantId: 'demo',
        roomId: room.id,
        sender,
        origin: null,
        clientMessageId: 'the-same',
        draft: textDraft(text),
      });
    const first = await send('once');
    expect(await send('once')).toMatchObject({ repeated: true, message: { id: first.message.id } });
    await expect(send('twice')).rejects.toMatchObject({ code: 'conflict' });
    expect(await textsIn(room.id)).toEqual(['once']);
  });
});

describe('bad input of the numeric wire', () => {
  async function bound(userId: number, url = pod.url): Promise<OldSocket> {
    const socket = await clients.dialOld(url);
    const answered = next(socket, 'logs response');
    socket.emit('status', { user_id: userId, online: true });
    await answered;
    return socket;
  }

  const sendError = (code: number) => ({ type: 'send', error: { code, message: expect.any(String) } });
  const bad: readonly (readonly [string, unknown, unknown])[] = [
    ['no argument', undefined, sendError(422)],
    ['a text that is no JSON', '{"user_id":', sendError(422)],
    ['deep JSON', '['.repeat(50) + ']'.repeat(50), sendError(422)],
    ['a text for a number', { user_id: 'seven', message: 'x' }, sendError(422)],
    ['a second identity', { user_id: 8, message: 'x' }, sendError(403)],
    ['an empty text', { user_id: 7, message: '' }, sendError(422)],
    ['a text over the limit', { user_id: 7, message: 'x'.repeat(20_001) }, sendError(413)],
    ['an unknown room', { user_id: 7, message: 'x', room_title: 'nowhere' }, "[error]: room nowhere doesn't exist"],
  ];

  it.each(bad)('%s is refused in its words, and the connection works on', async (_, body, answer) => {
    const room = await world.group('7', '8');
    const seven = await bound(7);
    const told = next(seven, 'logs response');
    const withRoom = typeof body === 'object' ? { room_title: room.uuid, ...body } : body;
    seven.emit('send', withRoom);
    expect(await told).toEqual(answer);
    const heard = new Heard(seven, 'receive', 'message');
    seven.emit('send', { user_id: 7, room_title: room.uuid, message: 'still here' });
    expect(await heard.until(1)).toEqual(['still here']);
    expect(await textsIn(room.id)).toEqual(['still here']);
  });

  it('an unknown event is answered as an error', async () => {
    const seven = await bound(7);
    const told = next(seven, 'logs response');
    seven.emit('no such event', 1);
    expect(await told).toMatchObject({ type: 'error', message: expect.stringContaining('Unknown event') });
  });

  it('keeps the order of what comes in one burst with the identification', async () => {
    const room = await world.group('7', '8');
    const seven = await clients.dialOld(pod.url, { transports: ['websocket'] });
    const heard = new Heard(seven, 'receive', 'message');
    seven.emit('status', { user_id: 7, online: true });
    for (const message of ['1', '2', '3']) seven.emit('send', { user_id: 7, room_title: room.uuid, message });
    expect(await heard.until(3)).toEqual(['1', '2', '3']);
  });

  it('a wrong token in the handshake is refused before anything is joined', async () => {
    const socket = clients.oldSocket(`${pod.url}/classic?token=wrong`);
    expect(await next(socket, 'error')).toMatchObject({ code: 'unauthenticated' });
    expect(socket.connected).toBe(false);
  });
});

describe('bounds', () => {
  it('floods are told, then closed', async () => {
    const room = await world.group('ann', 'bob');
    const strict = await world.startGateway('strict', {
      PARLANCE_LIMIT_MESSAGES_PER_SECOND: '1',
      PARLANCE_LIMIT_MESSAGES_BURST: '2',
    });
    const ann = await clients.member(strict.url, 'ann', room.id);
    const closed = next(ann, 'disconnect');
    const answers: unknown[] = [];
    for (let n = 0; n < 150; n += 1) {
      ann.emit('message', { text: `${n}`, apiKey: API_KEY, chat_id: room.id, user_id: 'ann' }, (answer: unknown) =>
        answers.push(answer),
      );
    }
    expect(await closed).toBe('transport close');
    expect(await metric(strict, 'gateway_closes_total', 'flood')).toBe(1);
    expect(answers).toContainEqual({ success: false, message: 'Too many events.' });
    expect((await textsIn(room.id)).length).toBeLessThanOrEqual(8);
  });

  it('refuses more frames than may wait for the identification, and answers the others', async () => {
    const room = await world.group('ann');
    const socket = await clients.dial(pod.url);
    const joined = ask(socket, 'room.user.join', { channelUserId: 'ann', apiKey: API_KEY });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => trySay(socket, 'ann', room.id, `${n}`)));
    await joined;
    const refused = answers.filter((answer) => Reflect.get(Object(answer), 'success') !== true);
    expect(refused.length).toBeGreaterThanOrEqual(30);
    for (const answer of refused) expect(answer).toMatchObject(failure);
    const stored = await textsIn(room.id);
    expect(stored).toHaveLength(100 - refused.length);
    expect(stored).toEqual([...stored].sort((a, b) => Number(a) - Number(b)));
  });

  it('refuses one socket too many of a user', async () => {
    const few = await world.startGateway('few', { PARLANCE_LIMIT_SOCKETS_PER_USER: '2' });
    const join = async () =>
      ask(await clients.dial(few.url), 'room.user.join', { channelUserId: 'bob', apiKey: API_KEY });
    const answers = [await join(), await join(), await join()];
    expect(answers[2]).toMatchObject({ success: false, message: expect.stringContaining('too many') });
    for (const answer of answers.slice(0, 2)) expect(answer).not.toMatchObject(failure);
  });

  it('refuses connection attempts beyond those of an address', async () => {
    const slow = await world.startGateway('slow', { PARLANCE_LIMIT_CONNECTS_PER_MINUTE: '2' });
    await clients.dial(slow.url);
    await clients.dial(slow.url);
    const third = clients.socket(slow.url, { reconnection: false });
    expect(await next(third, 'connect_error')).toMatchObject({ data: { code: 'rate-limited' } });
  });

  it('closes who never says who it is, in ten seconds from its first frame, else in a minute', async () => {
    const watch = await world.startGateway('watch');
    const silent = await clients.dial(watch.url, { reconnection: false });
    const talking = await clients.dial(watch.url, { reconnection: false });
    const room = await world.group('ann');
    const good = await clients.member(watch.url, 'ann', room.id);
    await ask(talking, 'user.status', { memberId: 'ann', apiKey: API_KEY });
    const talkingClosed = next(talking, 'disconnect');
    watch.pass(10_001);
    expect(await talkingClosed).toBe('transport close');
    expect(silent.connected).toBe(true);
    const silentClosed = next(silent, 'disconnect');
    watch.pass(50_000);
    expect(await silentClosed).toBe('transport close');
    expect(await metric(watch, 'gateway_closes_total', 'unbound')).toBe(2);
    await say(good, 'ann', room.id, 'bound long ago');
  });

  it('refuses a namespace that does not exist', async () => {
    const socket = clients.socket(`${pod.url}/nowhere`, { reconnection: false });
    expect(await next(socket, 'connect_error')).toMatchObject({ message: 'Invalid namespace' });
  });
});

function fromJson(text: string): unknown {
  return JSON.parse(text);
}

function nested(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}
