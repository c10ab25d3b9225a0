import { describe, expect, it } from 'vitest';
import { CLASSIC_FRAMES } from './classic/classic.frames.js';
import type { FrameTable } from './decode.js';
import { decodeFrame } from './decode.js';
import { REELS_ERRORS, REELS_FRAMES } from './reels/reels.frames.js';

const AT = '2026-01-02T03:04:05.678Z';
const uuid = '2833e549-67db-4fd1-9136-c36cdfbab5db';
const user = { _id: 'u1', name: 'Ann', username: 'ann', photo: '' };
const chat = 'c1';
const message = { _id: 'm1', user, chat, reel: 'r1', content: 'hi', at: AT };
const lastMessage = { _id: 'm1', user: 'u1', chat, content: 'hi', at: AT };
const action = { label: 'a', subLabel: 'b', type: 'c', value: 1, completed: true, startAt: 2 };

type Samples = Readonly<Record<string, readonly unknown[]>>;

const reels: Samples = {
  'user-online': [{ user, chats: [chat], chat }],
  'user-offline': [{ user, chats: [chat], chat }],
  'typing-started': [{ user, chat }],
  'typing-stopped': [{ user, chat }],
  'messages-read': [{ user, chat, lastReadAt: AT, lastMessage }],
  'message-received': [{ message }],
  'messages-received': [{ message }],
  'message-sent': [{ message }],
  'messages-sent': [{ message }],
  'chat-created': [{ chat }],
  'chat-joined': [{ chat, admin: user }, { chat }],
  'chat-participant-removed': [{ chat, user: 'u1' }],
  'chat-deleted': [
    { chat, user: 'u1', event: 'e1' },
    { chat, user: 'u1' },
  ],
  'reward-consumed': [{ reward: 'r1', isExpired: true, remaining: 0, isConsumedByYou: true }],
  'score-updated': [
    {
      date: AT,
      reelsSeen: 3,
      totalScore: 1,
      social: { score: 0.5, day: 'saturday', actions: [action] },
      mindfulness: { score: 0, actions: [action] },
    },
  ],
  ...Object.fromEntries(REELS_ERRORS.map((name) => [name, [{ message: 'No.' }]])),
};

const room = {
  id: 1,
  title: uuid,
  user_id: 1,
  recipient_id: 2,
  last_message: 'hi',
  last_message_date: '2026-01-02 03:04',
  recipient_status: 'online',
  recipient_lastseen: '2026-01-02 03:04',
  recipient_avatar: 'a',
  recipient_name: 'b',
};
const failed = { type: 'error', message: 'No.' };
const classic: Samples = {
  receive: [{ user_id: 1, room_title: uuid, message: 'hi', type_id: 2 }],
  'logs response': [
    { type: 'request', success: true, room_title: uuid },
    { type: 'status', user_id: 1, online: true, last_seen: '2026-01-02 03:04' },
    { type: 'send', error: { code: 422, message: 'No.' } },
    { error: { type: 'status', message: 'No.' } },
    failed,
  ],
  'user response': [
    { type: 'status', refresh: true },
    { type: 'list', rooms: [room] },
    { type: 'profile', user: { user_id: 1, name: 'a', avatar: 'b', last_seen: '2026-01-02 03:04' } },
    { error: { type: 'profile', message: 'No.' } },
    failed,
  ],
  'call response': [
    {
      room_id: uuid,
      room_title: uuid,
      from_id: 1,
      to_id: 2,
      from_status: 'Calling',
      to_status: 'Ringing',
      call_type: 'Video',
      type: 'request',
    },
    { status: true, type: 'answer', room_title: uuid, room_id: uuid },
    { type: 'list', rooms: [room] },
    failed,
  ],
};

/** Keys that a frame may leave out. */
const OPTIONAL = new Set(['reel', 'admin', 'event', 'subLabel', 'completed', 'startAt']);

/** Every value that differs from this one in one place: a field too few, too many, or of another type. */
function* spoiled(value: unknown): Generator {
  yield typeof value === 'object' ? 'text' : { of: 'another type' };
  if (Array.isArray(value)) {
    for (const item of spoiled(value[0])) yield [item];
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, surprise: 1 };
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      if (!OPTIONAL.has(key)) yield rest;
      for (const other of spoiled(item)) yield { ...value, [key]: other };
    }
  }
}

const tables: readonly (readonly [string, FrameTable, Samples])[] = [
  ['reels', REELS_FRAMES, reels],
  ['classic', CLASSIC_FRAMES, classic],
];

describe.each(tables)('the decoders of %s', (_, table, samples) => {
  const cases = Object.entries(samples).flatMap(([name, bodies]) => bodies.map((body) => [name, body] as const));

  it('know every frame that a client listens for', () => {
    expect([...table.keys()].filter((name) => name !== 'call broadcast')).toEqual(Object.keys(samples));
    expect(decodeFrame(table, 'made-up', [{}]).ok).toBe(false);
  });

  it.each(cases)('read %s %j, and nothing that differs in one place', (name, body) => {
    expect(decodeFrame(table, name, [body]).ok).toBe(true);
    expect(decodeFrame(table, name, []).ok).toBe(false);
    expect(decodeFrame(table, name, [body, 'one too many']).ok).toBe(false);
    for (const other of spoiled(body))
      expect(decodeFrame(table, name, [other]), JSON.stringify(other)).toMatchObject({ ok: false });
  });
});
