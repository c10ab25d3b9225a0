import { httpRoute } from '@parlance/dialect-kit';
import {
  idSchema,
  jsonValueSchema,
  ParlanceError,
  roomPreferencesSchema,
  type RoomPreferences,
} from '@parlance/domain';
import { z } from 'zod';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Preferences';
const owner = z.object({ id: idSchema });
const params = owner.extend({ key: z.string().min(1).max(128) });
const preferenceAnswer = z.object({ key: z.string(), value: jsonValueSchema });
const preferencesAnswer = z.object({ preferences: z.record(z.string(), jsonValueSchema) });
/** A dialect's own extra fields are shown to that dialect alone. */
const roomPreferencesAnswer = roomPreferencesSchema.omit({ extras: true });

const listPreferences = httpRoute<'preference.list'>()({
  method: 'get',
  path: '/users/:id/preferences',
  body: 'none',
  summary: 'All key-value preferences of a user.',
  schema: z.object({ params: owner }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: () => ({ type: 'preference.list' }),
  answer: ({ preferences }) => ({ status: 200, body: { preferences } }),
});

const getPreference = httpRoute<'preference.list'>()({
  method: 'get',
  path: '/users/:id/preferences/:key',
  body: 'none',
  summary: 'One preference of a user.',
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: () => ({ type: 'preference.list' }),
  answer: ({ preferences }, { params: { key } }) => {
    if (!Object.hasOwn(preferences, key)) throw new ParlanceError('not-found', 'There is no such preference.');
    return { status: 200, body: { key, value: preferences[key] } };
  },
});

const putPreference = httpRoute<'preference.put'>()({
  method: 'put',
  path: '/users/:id/preferences/:key',
  body: 'json',
  summary: "Sets a preference; the user's connections are told. At most 100 keys of 64 KB each.",
  schema: z.object({ params, body: z.object({ value: jsonValueSchema }) }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ params: { key }, body: { value } }) => ({ type: 'preference.put', key, value }),
  answer: (_, { params: { key }, body: { value } }) => ({ status: 200, body: { key, value } }),
});

const deletePreference = httpRoute<'preference.remove'>()({
  method: 'delete',
  path: '/users/:id/preferences/:key',
  body: 'none',
  summary: 'Removes a preference.',
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ params: { key } }) => ({ type: 'preference.remove', key }),
  answer: () => ({ status: 204, body: undefined }),
});

const getRoomPreferences = httpRoute<'room.show'>()({
  method: 'get',
  path: '/rooms/:id/preferences',
  body: 'none',
  summary: 'How a member wants to see a room.',
  schema: z.object({ params: owner, query: z.object({ userId: idSchema.optional() }) }),
  claim: ({ query }) => actingAs(query.userId),
  intent: ({ params: { id } }) => ({ type: 'room.show', room: id }),
  answer: ({ preferences }) => ({ status: 200, body: shown(preferences) }),
});

const putRoomPreferences = httpRoute<'room.preferences'>()({
  method: 'put',
  path: '/rooms/:id/preferences',
  body: 'json',
  summary: 'Changes how a member wants to see a room; what is absent stays.',
  schema: z.object({
    params: owner,
    body: roomPreferencesSchema.omit({ extras: true }).partial().extend({ userId: idSchema.optional() }),
  }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id }, body: { userId: _, ...patch } }) => ({ type: 'room.preferences', room: id, patch }),
  answer: ({ preferences }) => ({ status: 200, body: shown(preferences) }),
});

function shown({ extras: _, ...preferences }: RoomPreferences): z.output<typeof roomPreferencesAnswer> {
  return preferences;
}

export const preferenceRoutes: readonly NativeRoute[] = [
  nativeRoute(listPreferences, { tag, answers: { 200: preferencesAnswer } }),
  nativeRoute(getPreference, { tag, answers: { 200: preferenceAnswer } }),
  nativeRoute(putPreference, { tag, answers: { 200: preferenceAnswer } }),
  nativeRoute(deletePreference, { tag, answers: { 204: null } }),
  nativeRoute(getRoomPreferences, { tag, answers: { 200: roomPreferencesAnswer }, actingField: 'userId' }),
  nativeRoute(putRoomPreferences, { tag, answers: { 200: roomPreferencesAnswer }, actingField: 'userId' }),
];
