import type { Execute, HttpRoute, ListedRoom } from '@parlance/dialect-kit';
import type { RoomPreferences, User } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { ownExtras, present, textsIn } from '../extras.js';
import { APP_ID } from '../message.js';
import { wireUser } from '../people.js';
import { list } from '../reply.js';
import { wirePreferences } from '../room.js';
import { NAME } from '../wire.js';
import { call, MAX_LIMIT } from './call.js';

/** Rooms counted for a badge: five pages of the list. */
const MAX_BADGE_PAGES = 5;

export function wireMe(user: User): object {
  return { ...wireUser(user), appID: APP_ID, notificationEnabled: true };
}

/** Every room of the caller, as far as a badge looks. */
async function allRooms(execute: Execute): Promise<readonly ListedRoom[]> {
  const all: ListedRoom[] = [];
  for (let page = 0; page < MAX_BADGE_PAGES; page += 1) {
    const offset = page * MAX_LIMIT;
    const { rooms, total } = await execute({
      type: 'room.list',
      withMessagesOnly: false,
      offset,
      limit: MAX_LIMIT,
      memberLimit: 1,
    });
    all.push(...rooms);
    if (offset + MAX_LIMIT >= total) break;
  }
  return all;
}

const getMe = call({
  method: 'get',
  path: '/me',
  summary: 'The caller.',
  schema: z.object({}),
  asks: 'session.identify',
  run: async ({ self }) => wireMe(await self()),
});

const profile = z.object({
  nickname: z.string().min(1).max(256).optional(),
  avatarUrl: z.string().max(2048).nullish(),
});

const postMe = call({
  method: 'post',
  path: '/me',
  summary: 'Changes the caller’s nickname or avatar.',
  schema: z.object({ body: profile }),
  asks: 'user.put',
  run: async ({ execute, self }, { body }) => {
    const { id } = await self();
    const fields = { name: body.nickname, photo: body.avatarUrl === '' ? null : body.avatarUrl };
    const { user } = await execute({ type: 'user.put', ref: { id }, fields, mustExist: true });
    return wireMe(user);
  },
});

const getBadge = call({
  method: 'get',
  path: '/me/badge',
  summary: 'How many messages the caller has not read.',
  schema: z.object({}),
  asks: 'room.list',
  run: async ({ execute }) => ({ badge: badgeOf(await allRooms(execute)) }),
});

/** Muted rooms do not count. */
export function badgeOf(rooms: readonly ListedRoom[]): number {
  return rooms.filter(({ preferences }) => !preferences.muted).reduce((sum, { unread }) => sum + unread, 0);
}

const postBadgesByTags = call({
  method: 'post',
  path: '/badges/byRoomTags',
  summary: 'Unread messages by the tags of their rooms.',
  schema: z.object({ body: z.object({ tags: z.array(z.string().max(64)).max(100).optional() }) }),
  asks: 'room.list',
  run: async ({ execute }, { body }) => {
    const rooms = await allRooms(execute);
    const tagsOf = ({ room }: ListedRoom): readonly string[] => textsIn(ownExtras(room.extras), 'roomTags');
    const tags = body.tags ?? [...new Set(rooms.flatMap(tagsOf))];
    const tagged = rooms.filter((room) => tagsOf(room).some((tag) => tags.includes(tag)));
    const data = tags.map((tag) => [tag, badgeOf(rooms.filter((room) => tagsOf(room).includes(tag)))] as const);
    return { totalBadge: badgeOf(tagged), data: Object.fromEntries(data) };
  },
});

const device = z.object({
  type: z.string().min(1).max(32).default('fcm'),
  token: z.string().max(4096).nullish(),
  deviceId: z.string().min(1).max(128).nullish(),
});

/** Without a device id the push token names the device, as far as a name reaches. */
const postSubscribe = call({
  method: 'post',
  path: '/me/subscribe',
  summary: 'Registers a device for notifications.',
  schema: z.object({ body: device }),
  asks: 'device.put',
  run: async ({ execute }, { body }) => {
    const pushToken = body.token ?? '';
    if (pushToken === '') throw new ParlanceError('invalid', 'token: is needed.');
    const deviceId = body.deviceId ?? pushToken.slice(0, 128);
    await execute({ type: 'device.put', deviceId, kind: body.type, pushToken });
    return {};
  },
});

const postUnsubscribe = call({
  method: 'post',
  path: '/me/unsubscribe',
  summary: 'Forgets a device, or all of the caller’s.',
  schema: z.object({ body: device }),
  asks: 'device.remove',
  run: async ({ execute }, { body }) => {
    await execute({ type: 'device.remove', deviceId: body.deviceId ?? body.token?.slice(0, 128) });
    return {};
  },
});

const roomParam = z.object({ room: idSchema });

export async function mute(execute: Execute, room: string, muted: boolean): Promise<void> {
  await execute({ type: 'room.preferences', room, patch: { muted } });
}

function muteCall(method: 'post' | 'delete', muted: boolean, summary: string): HttpRoute {
  return call({
    method,
    path: '/me/mute/:room',
    summary,
    schema: z.object({ params: roomParam }),
    asks: 'room.preferences',
    run: async ({ execute, self }, { params }) => {
      await mute(execute, params.room, muted);
      return { ...wireMe(await self()), mute: muted ? [params.room] : [] };
    },
  });
}

const prefPatch = z.object({
  folder: z.string().max(128).nullish(),
  hidden: z.boolean().optional(),
  muted: z.boolean().optional(),
  sticky: z.boolean().optional(),
  tags: z.array(z.string().max(64)).max(100).optional(),
  tagColors: z.record(z.string().max(64), z.string().max(64)).optional(),
  translation: z.json().optional(),
});

/** What is absent stays; an empty folder is none. */
export function preferencesOf(body: z.output<typeof prefPatch>): Partial<RoomPreferences> {
  const { folder, hidden, muted, sticky, tags, tagColors, translation } = body;
  const own = present({ tagColors, translation });
  return {
    ...(folder === undefined ? {} : { folder: folder === '' ? null : folder }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(muted === undefined ? {} : { muted }),
    ...(sticky === undefined ? {} : { pinned: sticky }),
    ...(tags === undefined ? {} : { tags }),
    ...(Object.keys(own).length === 0 ? {} : { extras: { [NAME]: own } }),
  };
}

const postRoomPref = call({
  method: 'post',
  path: '/roomPrefs/:room',
  summary: 'Changes some of the caller’s preferences for a room.',
  schema: z.object({ params: roomParam, body: prefPatch }),
  asks: 'room.preferences',
  run: async ({ execute }, { params, body }) => {
    const { preferences } = await execute({ type: 'room.preferences', room: params.room, patch: preferencesOf(body) });
    return { room: params.room, ...wirePreferences(preferences) };
  },
});

const getRoomPrefs = call({
  method: 'get',
  path: '/roomPrefs',
  summary: 'The caller’s preferences for its rooms.',
  schema: z.object({}),
  asks: 'room.list',
  run: async ({ execute }) => {
    const rooms = await allRooms(execute);
    return list(rooms.map(({ room, preferences }) => ({ room: room.id, ...wirePreferences(preferences) })));
  },
});

const keyParams = z.object({ key: z.string().min(1).max(128) });

async function preferences(execute: Execute): Promise<Readonly<Record<string, unknown>>> {
  return (await execute({ type: 'preference.list' })).preferences;
}

const getPref = call({
  method: 'get',
  path: '/me/pref',
  summary: 'The caller’s own preferences, or the one of a key.',
  schema: z.object({ query: z.object({ key: z.string().max(128).optional() }) }),
  asks: 'preference.list',
  run: async ({ execute }, { query }) => {
    const all = Object.entries(await preferences(execute)).map(([key, data]) => ({ key, data }));
    return query.key === undefined ? all : (all.find(({ key }) => key === query.key) ?? null);
  },
});

const getPrefs = call({
  method: 'get',
  path: '/me/prefs',
  summary: 'The caller’s own preferences by key.',
  schema: z.object({}),
  asks: 'preference.list',
  run: ({ execute }) => preferences(execute),
});

const postPref = call({
  method: 'post',
  path: '/me/pref/:key',
  summary: 'Sets one of the caller’s own preferences to the body.',
  schema: z.object({ params: keyParams, body: z.json() }),
  asks: 'preference.put',
  run: async ({ execute }, { params, body }) => {
    await execute({ type: 'preference.put', key: params.key, value: body });
    return { key: params.key, data: body };
  },
});

const deletePref = call({
  method: 'delete',
  path: '/me/pref/:key',
  summary: 'Deletes one of the caller’s own preferences.',
  schema: z.object({ params: keyParams }),
  asks: 'preference.remove',
  run: async ({ execute }, { params }) => {
    await execute({ type: 'preference.remove', key: params.key });
    return { key: params.key };
  },
});

export const meCalls: readonly HttpRoute[] = [
  getMe,
  postMe,
  getBadge,
  postBadgesByTags,
  postSubscribe,
  postUnsubscribe,
  muteCall('post', true, 'Mutes a room.'),
  muteCall('delete', false, 'Unmutes a room.'),
  getPref,
  getPrefs,
  postPref,
  deletePref,
  postRoomPref,
  getRoomPrefs,
];
