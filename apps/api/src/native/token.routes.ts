import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { tokenAnswer } from './native.answers.js';
import { nativeRoute, type NativeRoute } from './native.route.js';

const MAX_TTL_SECONDS = 31_536_000;

const issueToken = httpRoute<'token.issue'>()({
  method: 'post',
  path: '/users/:id/tokens',
  body: 'json',
  summary: 'Issues a token with which a client acts as this user; needs the secret key.',
  schema: z.object({
    params: z.object({ id: idSchema }),
    body: z.object({
      ttlSeconds: z.int().min(1).max(MAX_TTL_SECONDS).optional(),
      dialect: z.string().min(1).max(32).optional(),
      deviceId: z.string().min(1).max(128).optional(),
    }),
  }),
  claim: () => ({}),
  intent: ({ params: { id }, body }) => ({ type: 'token.issue', userId: id, ...body }),
  answer: ({ token, expiresAt }) => ({ status: 201, body: { token, expiresAt } }),
});

export const tokenRoutes: readonly NativeRoute[] = [
  nativeRoute(issueToken, { tag: 'Tokens', answers: { 201: tokenAnswer }, admits: ['secret'] }),
];
