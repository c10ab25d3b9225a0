import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { banAnswer, bansAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Bans';
const params = z.object({ id: idSchema, userId: idSchema });
const by = idSchema.optional();

const listBans = httpRoute<'ban.list'>()({
  method: 'get',
  path: '/rooms/:id/bans',
  body: 'none',
  summary: 'Who is banned from a group, the latest first; for its owner and admins.',
  schema: z.object({ params: params.pick({ id: true }) }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'ban.list', room: id }),
  answer: ({ bans }) => ({
    status: 200,
    body: { bans: bans.map(({ user, byId, createdAt }) => ({ userId: user.id, byId, createdAt })) },
  }),
});

const putBan = httpRoute<'ban.set'>()({
  method: 'put',
  path: '/rooms/:id/bans/:userId',
  body: 'json',
  summary: 'Bans a user from a group: it is removed, and neither added nor invited until the ban is lifted.',
  schema: z.object({ params, body: z.object({ by }).default({}) }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id, userId } }) => ({ type: 'ban.set', room: id, user: { id: userId }, banned: true }),
  answer: ({ user, createdAt, updatedAt }) => ({ status: 200, body: { userId: user.id, createdAt, updatedAt } }),
});

const deleteBan = httpRoute<'ban.set'>()({
  method: 'delete',
  path: '/rooms/:id/bans/:userId',
  body: 'none',
  summary: 'Lifts a ban.',
  schema: z.object({ params, query: z.object({ by }) }),
  claim: ({ query }) => actingAs(query.by),
  intent: ({ params: { id, userId } }) => ({ type: 'ban.set', room: id, user: { id: userId }, banned: false }),
  answer: () => ({ status: 204, body: undefined }),
});

export const banRoutes: readonly NativeRoute[] = [
  nativeRoute(listBans, { tag, answers: { 200: bansAnswer } }),
  nativeRoute(putBan, { tag, answers: { 200: banAnswer } }),
  nativeRoute(deleteBan, { tag, answers: { 204: null } }),
];
