import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { deliveredAnswer, readAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Receipts';
const actingField = 'userId';
const schema = z.object({
  params: z.object({ id: idSchema }),
  body: z.object({ userId: idSchema.optional(), seq: z.int().nonnegative() }),
});

const markRead = httpRoute<'receipt.mark'>()({
  method: 'post',
  path: '/rooms/:id/read',
  body: 'json',
  summary: 'Marks what stands up to `seq` as read by a member; never moves back.',
  schema,
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id }, body: { seq } }) => ({ type: 'receipt.mark', room: id, upTo: { seq }, kind: 'read' }),
  answer: ({ readSeq }) => ({ status: 200, body: { readSeq } }),
});

const markDelivered = httpRoute<'receipt.mark'>()({
  method: 'post',
  path: '/rooms/:id/delivered',
  body: 'json',
  summary: 'Marks what stands up to `seq` as delivered to a member; never moves back.',
  schema,
  claim: ({ body }) => actingAs(body.userId),
  intent: ({ params: { id }, body: { seq } }) => ({ type: 'receipt.mark', room: id, upTo: { seq }, kind: 'delivered' }),
  answer: ({ deliveredSeq }) => ({ status: 200, body: { deliveredSeq } }),
});

export const receiptRoutes: readonly NativeRoute[] = [
  nativeRoute(markRead, { tag, answers: { 200: readAnswer }, actingField }),
  nativeRoute(markDelivered, { tag, answers: { 200: deliveredAnswer }, actingField }),
];
