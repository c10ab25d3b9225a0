import { httpRoute } from '@parlance/dialect-kit';
import { idSchema, type Message } from '@parlance/domain';
import { z } from 'zod';
import { messageAnswer, shownMessage } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Messages';
const actingField = 'userId';
const params = z.object({ id: idSchema });
const reactionParams = params.extend({ value: z.string().min(1).max(64) });
const acting = z.object({ userId: idSchema.optional() });

const answer = ({ message }: { readonly message: Message }) => ({ status: 200, body: shownMessage(message) });

const putStar = httpRoute<'message.star'>()({
  method: 'put',
  path: '/messages/:id/star',
  body: 'json',
  summary: 'Stars a message for the acting user alone.',
  schema: z.object({ params, body: acting }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id } }) => ({ type: 'message.star', messageId: id, starred: true }),
  answer,
});

const deleteStar = httpRoute<'message.star'>()({
  method: 'delete',
  path: '/messages/:id/star',
  body: 'none',
  summary: 'Takes a star back.',
  schema: z.object({ params, query: acting }),
  claim: ({ query }) => actingAs(query.userId),
  intent: ({ params: { id } }) => ({ type: 'message.star', messageId: id, starred: false }),
  answer,
});

const putReaction = httpRoute<'message.react'>()({
  method: 'put',
  path: '/messages/:id/reactions/:value',
  body: 'json',
  summary: 'Puts a reaction beside a message, one of each value per member.',
  schema: z.object({ params: reactionParams, body: acting }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id, value } }) => ({ type: 'message.react', messageId: id, value, present: true }),
  answer,
});

const deleteReaction = httpRoute<'message.react'>()({
  method: 'delete',
  path: '/messages/:id/reactions/:value',
  body: 'none',
  summary: 'Takes a reaction back.',
  schema: z.object({ params: reactionParams, query: acting }),
  claim: ({ query }) => actingAs(query.userId),
  intent: ({ params: { id, value } }) => ({ type: 'message.react', messageId: id, value, present: false }),
  answer,
});

const putPin = httpRoute<'message.pin'>()({
  method: 'put',
  path: '/messages/:id/pin',
  body: 'json',
  summary: 'Pins a message for its room.',
  schema: z.object({ params, body: acting }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id } }) => ({ type: 'message.pin', messageId: id, pinned: true }),
  answer,
});

const deletePin = httpRoute<'message.pin'>()({
  method: 'delete',
  path: '/messages/:id/pin',
  body: 'none',
  summary: 'Takes a pin away.',
  schema: z.object({ params, query: acting }),
  claim: ({ query }) => actingAs(query.userId),
  intent: ({ params: { id } }) => ({ type: 'message.pin', messageId: id, pinned: false }),
  answer,
});

export const markRoutes: readonly NativeRoute[] = [
  putStar,
  deleteStar,
  putReaction,
  deleteReaction,
  putPin,
  deletePin,
].map((route) => nativeRoute(route, { tag, answers: { 200: messageAnswer }, actingField }));
