import { fileURLToPath } from 'node:url';
import { dialects } from '@parlance/dialect-registry';
import type { Dialect } from '@parlance/dialect-kit';
import {
  goodInputs,
  mutated,
  NativeApi,
  Random,
  randomValue,
  startStandalone,
  type StandaloneStack,
} from '@parlance/testing';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from './settings.js';

const FRAMES = 500;
/** A connection is closed after a hundred refusals in a row. */
const FRAMES_PER_CONNECTION = 50;
/** The ids that the transcripts speak of: what is mutated hits a real room of real people. */
const ROOM = '64a000000000000000000001';
const PEOPLE = ['ann', 'bob', '1', '2'];
const SECRET_KEY = 'demo-secret-key';
const APP_KEY = 'demo-public-key';
const seed = Date.now() % 2 ** 32;

/** How a client of each wire says who it is, after it connected with a token in every place that a wire looks at. */
const IDENTIFY: Readonly<Record<string, (socket: Socket, token: string) => void>> = {
  minchat: (socket) => void socket.emit('room.user.join', { channelUserId: 'ann', apiKey: APP_KEY }),
  classic: (socket) => void socket.emit('status', { user_id: 1, online: true }),
  imkit: (socket, token) => void socket.emit('auth2', token, { CLIENT_KEY: APP_KEY, Authorization: token }),
};

describe(`random and mutated frames against the running stack (seed ${seed})`, () => {
  let stack: StandaloneStack;
  let api: NativeApi;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    stack = await startStandalone({ env: LIMITS });
    api = new NativeApi(stack.url, SECRET_KEY);
    for (const id of PEOPLE) await api.putUser(id);
    for (const id of PEOPLE) tokens.set(id, await api.token(id));
    await api.createRoom({ id: ROOM, kind: 'group', memberIds: PEOPLE, createdBy: 'ann' });
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  async function enter({ name }: Dialect): Promise<Socket> {
    const token = tokens.get(name === 'classic' ? '1' : 'ann') ?? '';
    const credentials = { auth: { token }, extraHeaders: { authorization: `Bearer ${token}` } };
    const socket = io(`${stack.url}/${name}`, { ...credentials, transports: ['websocket'], forceNew: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    IDENTIFY[name]?.(socket, token);
    return socket;
  }

  /** What was sent before it has been handled, or the connection is closed. */
  async function handled(socket: Socket): Promise<void> {
    await new Promise<void>((resolve) => {
      if (!socket.connected) return resolve();
      socket.once('disconnect', () => resolve());
      socket.io.engine.once('pong', resolve);
      socket.io.engine.once('packet', () => resolve());
      socket.emit('no such event');
    });
    socket.disconnect();
  }

  it.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
    'leave %s alive, nothing stored by half, and no error that has no code',
    async (name, dialect) => {
      const random = new Random(seed);
      const { frames } = goodInputs(
        fileURLToPath(new URL(`../../../libs/dialects/${name}/transcripts`, import.meta.url)),
      );
      const events = [...dialect.inbound.keys()];
      for (let sent = 0; sent < FRAMES; sent += FRAMES_PER_CONNECTION) {
        const socket = await enter(dialect);
        for (let n = 0; n < FRAMES_PER_CONNECTION; n += 1) {
          const event = events[random.below(events.length)] ?? '';
          const samples = frames.get(event) ?? [];
          const sample = samples[random.below(Math.max(1, samples.length))];
          const args = sample === undefined || random.next() < 0.5 ? [randomValue(random)] : mutated(random, sample);
          socket.emit(event, ...(Array.isArray(args) ? args : [args]));
        }
        await handled(socket);
      }
      const { seq } = await api.send(ROOM, { senderId: 'ann', text: 'still here' });
      const messages = await api.messages(ROOM);
      expect(messages.map((message) => message.seq)).toEqual(Array.from({ length: seq }, (_, index) => index + 1));
      expect(stack.log()).not.toMatch(/"code":"(?:frame-failed|render-failed|request-failed|delivery-failed)"/);
    },
  );
});
