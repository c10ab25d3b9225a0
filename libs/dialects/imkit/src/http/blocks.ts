import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import type { User } from '@parlance/domain';
import { z } from 'zod';
import { APP_ID } from '../message.js';
import { wireUser } from '../people.js';
import { list } from '../reply.js';
import { call } from './call.js';

interface Blocked {
  readonly user: User;
  /** who blocked, by id */
  readonly by: string | null;
  readonly room?: string | undefined;
  readonly createdAt: string;
  /** absent: nothing has changed since */
  readonly updatedAt?: string;
}

/** Bans and blocks look alike on this wire. */
function wireBlock({ user, by, room, createdAt, updatedAt = createdAt }: Blocked): object {
  const place = room === undefined ? {} : { room };
  return { appID: APP_ID, blockee: wireUser(user), blocker: by, ...place, createdAt, updatedAt };
}

const banParams = z.object({ room: idSchema, uid: idSchema });

const postBan = call({
  method: 'post',
  path: '/blockStatus/room/:room/:uid',
  summary: 'Bans a user from a room.',
  schema: z.object({ params: banParams }),
  asks: 'ban.set',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  run: async ({ execute, viewerId }, { params }) => {
    const by = await viewerId();
    const ban = await execute({ type: 'ban.set', room: params.room, user: { id: params.uid }, banned: true });
    const { user, createdAt, updatedAt } = ban;
    return wireBlock({ user, by, room: params.room, createdAt, updatedAt });
  },
});

const deleteBan = call({
  method: 'delete',
  path: '/blockStatus/room/:room/:uid',
  summary: 'Lifts a ban.',
  schema: z.object({ params: banParams }),
  asks: 'ban.set',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  run: async ({ execute }, { params }) => {
    await execute({ type: 'ban.set', room: params.room, user: { id: params.uid }, banned: false });
    return {};
  },
});

const getBans = call({
  method: 'get',
  path: '/blockStatus/room/:room',
  summary: 'Who is banned from a room.',
  schema: z.object({ params: z.object({ room: idSchema }) }),
  asks: 'ban.list',
  run: async ({ execute }, { params }) => {
    const { bans } = await execute({ type: 'ban.list', room: params.room });
    return list(bans.map(({ user, byId, createdAt }) => wireBlock({ user, by: byId, room: params.room, createdAt })));
  },
});

const getBan = call({
  method: 'get',
  path: '/blockStatus/room/:room/:uid',
  summary: 'Whether a user is banned from a room.',
  schema: z.object({ params: banParams }),
  asks: 'ban.list',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute }, { params }) => {
    const { bans } = await execute({ type: 'ban.list', room: params.room });
    const found = bans.find(({ user }) => user.id === params.uid);
    if (found === undefined) throw new ParlanceError('not-found', 'This user is not banned.');
    const { user, byId, createdAt } = found;
    return wireBlock({ user, by: byId, room: params.room, createdAt });
  },
});

const otherParams = z.object({ uid: idSchema });

/** When a block was made stands in the list alone. */
async function myBlock(execute: Execute, blocker: string, uid: string): Promise<object | null> {
  const { blocks } = await execute({ type: 'block.list' });
  const block = blocks.find(({ user }) => user.id === uid);
  if (block === undefined) return null;
  const { room } = await execute({ type: 'block.get', user: { id: uid } });
  return wireBlock({ ...block, by: blocker, room: room?.id });
}

const postBlock = call({
  method: 'post',
  path: '/blockStatus/my/:uid',
  summary: 'Blocks a user.',
  schema: z.object({ params: otherParams }),
  asks: 'block.set',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute, self }, { params }) => {
    const { id } = await self();
    await execute({ type: 'block.set', user: { id: params.uid }, blocked: true });
    return myBlock(execute, id, params.uid);
  },
});

const deleteBlock = call({
  method: 'delete',
  path: '/blockStatus/my/:uid',
  summary: 'Unblocks a user.',
  schema: z.object({ params: otherParams }),
  asks: 'block.set',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute }, { params }) => {
    await execute({ type: 'block.set', user: { id: params.uid }, blocked: false });
    return {};
  },
});

const getBlocks = call({
  method: 'get',
  path: '/blockStatus/my',
  summary: 'Whom the caller blocks.',
  schema: z.object({}),
  asks: 'block.list',
  run: async ({ execute, self }) => {
    const { id: blocker } = await self();
    const { blocks } = await execute({ type: 'block.list' });
    return list(blocks.map(({ user, createdAt }) => wireBlock({ user, by: blocker, createdAt })));
  },
});

const getBlock = call({
  method: 'get',
  path: '/blockStatus/my/:uid',
  summary: 'Whether the caller blocks a user.',
  schema: z.object({ params: otherParams }),
  asks: 'block.get',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute, self }, { params }) => {
    const { id } = await self();
    const block = await myBlock(execute, id, params.uid);
    if (block === null) throw new ParlanceError('not-found', 'This user is not blocked.');
    return block;
  },
});

export const blockCalls: readonly HttpRoute[] = [
  postBan,
  deleteBan,
  getBans,
  getBan,
  postBlock,
  deleteBlock,
  getBlocks,
  getBlock,
];
