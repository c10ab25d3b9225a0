import { httpRoute, type BlockView } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { blockAnswer, blocksAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Blocks';
const actingField = 'id';
const owner = z.object({ id: idSchema });
const params = owner.extend({ otherId: idSchema });

function shownBlock({ other, room, blockedByMe, blockedMe }: BlockView): z.output<typeof blockAnswer> {
  return { userId: other.id, blockedByMe, blockedMe, roomId: room?.id ?? null };
}

const listBlocks = httpRoute<'block.list'>()({
  method: 'get',
  path: '/users/:id/blocks',
  body: 'none',
  summary: 'Whom a user blocks, the latest first.',
  schema: z.object({ params: owner }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: () => ({ type: 'block.list' }),
  answer: ({ blocks }) => ({
    status: 200,
    body: { blocks: blocks.map(({ user, createdAt }) => ({ userId: user.id, createdAt })) },
  }),
});

const getBlock = httpRoute<'block.get'>()({
  method: 'get',
  path: '/users/:id/blocks/:otherId',
  body: 'none',
  summary: 'Whether one of two users blocks the other, seen by the first.',
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ params: { otherId } }) => ({ type: 'block.get', user: { id: otherId } }),
  answer: (view) => ({ status: 200, body: shownBlock(view) }),
});

const putBlock = httpRoute<'block.set'>()({
  method: 'put',
  path: '/users/:id/blocks/:otherId',
  body: 'json',
  summary: 'Blocks a user: neither of the two writes into their direct room, or calls, until it is taken back.',
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ params: { otherId } }) => ({ type: 'block.set', user: { id: otherId }, blocked: true }),
  answer: (view) => ({ status: 200, body: shownBlock(view) }),
});

const deleteBlock = httpRoute<'block.set'>()({
  method: 'delete',
  path: '/users/:id/blocks/:otherId',
  body: 'none',
  summary: 'Takes a block back.',
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ params: { otherId } }) => ({ type: 'block.set', user: { id: otherId }, blocked: false }),
  answer: () => ({ status: 204, body: undefined }),
});

export const blockRoutes: readonly NativeRoute[] = [
  nativeRoute(listBlocks, { tag, answers: { 200: blocksAnswer }, actingField }),
  nativeRoute(getBlock, { tag, answers: { 200: blockAnswer }, actingField }),
  nativeRoute(putBlock, { tag, answers: { 200: blockAnswer }, actingField }),
  nativeRoute(deleteBlock, { tag, answers: { 204: null }, actingField }),
];
