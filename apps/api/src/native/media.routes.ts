import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { mediaTokenAnswer, turnAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Calls';

const readTurn = httpRoute<'call.turn'>()({
  method: 'get',
  path: '/turn',
  body: 'none',
  summary: 'A time-limited credential for the TURN servers, with their addresses.',
  schema: z.object({ query: z.object({ userId: idSchema.optional() }) }),
  claim: ({ query }) => actingAs(query.userId),
  intent: () => ({ type: 'call.turn' }),
  answer: ({ username, credential, ttl, uris }) => ({ status: 200, body: { username, credential, ttl, uris } }),
});

const issueMediaToken = httpRoute<'call.media-token'>()({
  method: 'post',
  path: '/rooms/:id/media-token',
  body: 'json',
  summary:
    "Issues a token with which a member joins the media server's side of a room's calls; 501 when there is none.",
  schema: z.object({ params: z.object({ id: idSchema }), body: z.object({ userId: idSchema.optional() }) }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params }) => ({ type: 'call.media-token', room: params.id }),
  answer: ({ token, url }) => ({ status: 201, body: { token, url } }),
});

export const mediaRoutes: readonly NativeRoute[] = [
  nativeRoute(readTurn, { tag, answers: { 200: turnAnswer } }),
  nativeRoute(issueMediaToken, { tag, answers: { 201: mediaTokenAnswer }, actingField: 'userId' }),
];
