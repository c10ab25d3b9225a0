import { fileURLToPath } from 'node:url';
import { dialects } from '@parlance/dialect-registry';
import type { Dialect } from '@parlance/dialect-kit';
import {
  goodInputs,
  mutated,
  NativeApi,
  NativeApiError,
  Random,
  randomValue,
  startStandalone,
  type StandaloneStack,
} from '@parlance/testing';
import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { restAnswers } from './fuzz.rest.js';
import { LIMITS } from './settings.js';

const FRAMES = 500;
const REQUESTS = 500;
/** A connection is closed after a hundred refusals in a row, and refuses what comes while 64 frames wait. */
const FRAMES_PER_CONNECTION = 50;
/** The ids that the transcripts speak of: what is mutated hits a real room of real people. */
const ROOM = '64a000000000000000000001';
const PEOPLE = ['ann', 'bob', '1', '2'];
/** Nobody of the transcripts: what is done here goes on whatever a frame did to the others. */
const WITNESS = 'witness';
const QUIET_ROOM = 'quiet-room';
const SECRET_KEY = 'demo-secret-key';
const APP_KEY = 'demo-public-key';
const FAILURES = /"code":"(?:frame-failed|render-failed|request-failed|delivery-failed|internal)"/;
const seed = Date.now() % 2 ** 32;

type Emit = (socket: Socket, token: string) => void;

/** How a client of each wire says who it is, after it connected with a token in every place that a wire looks at. */
const IDENTIFY: Readonly<Record<string, Emit>> = {
  minchat: (socket) => void socket.emit('room.user.join', { channelUserId: 'ann', apiKey: APP_KEY }),
  classic: (socket) => void socket.emit('status', { user_id: 1, online: true }),
  imkit: (socket, token) => void socket.emit('auth2', token, { CLIENT_KEY: APP_KEY, Authorization: token }),
};

/** What each wire answers, whoever asks: the frames before it have begun when the answer is there. */
const ASK: Readonly<Record<string, (socket: Socket, answered: () => void) => void>> = {
  minchat: (socket, answered) =>
    void socket.emit('room.user.join', { channelUserId: 'ann', apiKey: APP_KEY }, answered),
  classic: (socket, answered) => void socket.onAny(answered).emit('status', { user_id: 1, online: true }),
  vchat: (socket, answered) => void socket.once('v1OnMyOnline', answered).emit('v1MyOnline', '[{"peerId":"bob"}]'),
  reels: (socket, answered) => void socket.onAny(answered).emit('typing-started', null),
  imkit: (socket, answered) => void socket.emit('conf', { encoding: 'none' }, answered),
};

describe(`random and mutated frames and requests against the running stack (seed ${seed})`, () => {
  let stack: StandaloneStack;
  let api: NativeApi;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    stack = await startStandalone({ env: LIMITS });
    api = new NativeApi(stack.url, SECRET_KEY);
    await api.putUser(WITNESS);
    await api.createRoom({ id: QUIET_ROOM, kind: 'group', memberIds: [WITNESS], createdBy: WITNESS });
  });
  // What a frame undid is there again for the next dialect.
  beforeEach(async () => {
    for (const id of PEOPLE) await api.putUser(id);
    for (const id of PEOPLE) tokens.set(id, await api.token(id));
    await unlessCoded('conflict', api.createRoom({ id: ROOM, kind: 'group', memberIds: PEOPLE, createdBy: 'ann' }));
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
    // It ended in good order: everything that was sent to it has been handled.
    expect(stack.log()).not.toMatch(FAILURES);
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

  /** What was sent before it has begun, or the connection is closed. */
  async function handled(socket: Socket, name: string): Promise<void> {
    await new Promise<void>((resolve) => {
      socket.once('disconnect', () => resolve());
      if (socket.connected) ASK[name]?.(socket, resolve);
      else resolve();
    });
    socket.disconnect();
  }

  /** The process lives, and no room has a number without its message. */
  async function expectSound(): Promise<void> {
    const { seq } = await api.send(QUIET_ROOM, { senderId: WITNESS, text: 'still here' });
    expect(await seqsOf(QUIET_ROOM)).toEqual(upTo(seq));
    const seqs = await seqsOf(ROOM);
    expect(seqs).toEqual(upTo(seqs.length));
    expect(stack.log()).not.toMatch(FAILURES);
  }

  /** Of a room that somebody rightfully deleted: none. */
  async function seqsOf(roomId: string): Promise<readonly number[]> {
    return (await unlessCoded('not-found', api.messages(roomId)))?.map((message) => message.seq) ?? [];
  }

  const everyDialect = dialects.map((dialect) => [dialect.name, dialect] as const);

  it.each(everyDialect)(
    'leave %s alive, nothing stored by half, and no error that has no code',
    async (name, dialect) => {
      const random = new Random(seed);
      const { frames } = goodInputs(transcriptsOf(name));
      const events = [...dialect.inbound.keys()];
      for (let sent = 0; sent < FRAMES; sent += FRAMES_PER_CONNECTION) {
        const socket = await enter(dialect);
        for (let n = 0; n < FRAMES_PER_CONNECTION; n += 1) {
          const event = events[random.below(events.length)] ?? '';
          const samples = frames.get(event) ?? [];
          const sample = samples[random.below(Math.max(1, samples.length))];
          const args: unknown =
            sample === undefined || random.next() < 0.5 ? [randomValue(random)] : mutated(random, sample);
          socket.emit(event, ...listOf(args));
        }
        await handled(socket, name);
      }
      await expectSound();
    },
  );

  it.each(everyDialect.filter(([, { http }]) => http !== null))(
    "leave %s's REST companion answering, and no error that has no code",
    async (name, dialect) => {
      const token = tokens.get('ann') ?? '';
      const bearer = name === 'minchat' ? APP_KEY : token;
      const headers = { authorization: `Bearer ${bearer}`, 'im-client-key': APP_KEY, 'im-authorization': token };
      const good = goodInputs(transcriptsOf(name));
      const statuses = await restAnswers(dialect, good, new Random(seed), REQUESTS, { url: stack.url, headers });
      expect(statuses).toHaveLength(REQUESTS);
      expect(statuses).not.toContain(500);
      // Not all of them are refused at the door.
      expect(statuses.filter((status) => status >= 200 && status < 300).length).toBeGreaterThan(REQUESTS / 20);
      await expectSound();
    },
  );
});

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** What was asked for, or null where it was refused so. */
async function unlessCoded<T>(code: string, asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof NativeApiError && error.code === code) return null;
    throw error;
  }
}

function transcriptsOf(name: string): string {
  return fileURLToPath(new URL(`../../../libs/dialects/${name}/transcripts`, import.meta.url));
}

function upTo(seq: number): readonly number[] {
  return Array.from({ length: seq }, (_, index) => index + 1);
}
