import { httpRoute } from '@parlance/dialect-kit';
import { idSchema, rewardFieldsSchema, rewardSchema, rewardTakenSchema } from '@parlance/domain';
import { z } from 'zod';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Rewards';
const params = z.object({ id: idSchema });
const MAX_KEY_CHARS = 128;

const createReward = httpRoute<'reward.create'>()({
  method: 'post',
  path: '/rewards',
  body: 'json',
  summary:
    'Makes a reward: a stock that users take from, each at most once. The same again answers 200 with what is there.',
  schema: z.object({ body: rewardFieldsSchema }),
  claim: () => ({}),
  intent: ({ body: fields }) => ({ type: 'reward.create', fields }),
  answer: ({ reward, created }) => ({ status: created ? 201 : 200, body: reward }),
});

const getReward = httpRoute<'reward.find'>()({
  method: 'get',
  path: '/rewards/:id',
  body: 'none',
  summary: 'One reward, for those it is for.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'reward.find', reward: id }),
  answer: (reward) => ({ status: 200, body: reward }),
});

const consumeReward = httpRoute<'reward.consume'>()({
  method: 'post',
  path: '/rewards/:id/consume',
  body: 'json',
  summary:
    'Takes one of the stock for a user. The same `idempotencyKey` gets the same answer again; a user has at most one grant.',
  schema: z.object({
    params,
    body: z.object({ userId: idSchema.optional(), idempotencyKey: z.string().min(1).max(MAX_KEY_CHARS) }),
  }),
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id }, body: { idempotencyKey } }) => ({ type: 'reward.consume', reward: id, idempotencyKey }),
  answer: (taken) => ({ status: 200, body: taken }),
});

export const rewardRoutes: readonly NativeRoute[] = [
  nativeRoute(createReward, { tag, answers: { 200: rewardSchema, 201: rewardSchema }, admits: ['secret'] }),
  nativeRoute(getReward, { tag, answers: { 200: rewardSchema } }),
  nativeRoute(consumeReward, { tag, answers: { 200: rewardTakenSchema }, actingField: 'userId' }),
];
