import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import type { Member, Room } from '@parlance/domain';
import { z } from 'zod';
import { personIn, wireUser } from '../person.js';
import { roleNamed, roleWord, wireGroupSettings } from '../room.js';
import { NAME } from '../wire.js';
import type { Paging } from './answer.js';
import { claimOf, DONE, offsetOf, ok, pageOf, self } from './answer.js';
import { identifier, identifiers, nameText, optionalText, paging, plainObject, roomParam } from './fields.js';
import { requiredPicture } from './file.steps.js';

type Kind = 'group' | 'broadcast';

const rootOf = (kind: Kind) => `/api/v2/channel/:roomId/${kind}`;

/** How many members a search by name looks at. */
const MAX_SEARCHED = 1_000;

function title(kind: Kind): HttpRoute {
  return httpRoute<'room.patch'>()({
    method: 'patch',
    path: `${rootOf(kind)}/title`,
    body: 'json',
    summary: `Renames a ${kind}.`,
    schema: z.object({ params: roomParam, body: z.object({ title: nameText }) }),
    claim: claimOf,
    intent: ({ params, body }) => ({ type: 'room.patch', room: params.roomId, name: body.title }),
    answer: () => DONE,
  });
}

/** The answer is the address alone. */
function image(kind: Kind): HttpRoute {
  return httpSteps({
    method: 'patch',
    path: `${rootOf(kind)}/image`,
    body: 'form',
    summary: `Changes the picture of a ${kind}.`,
    schema: z.object({ params: roomParam, body: z.unknown() }),
    claim: claimOf,
    asks: 'room.patch',
    run: async (execute, { params }, request) => {
      // nobody stores pictures for a room that is not theirs
      await execute({ type: 'room.get', room: params.roomId });
      const photo = await requiredPicture(execute, request);
      await execute({ type: 'room.patch', room: params.roomId, photo });
      return ok(photo);
    },
  });
}

/** A broadcast's people are its recipients: its owner is none of them. */
function peopleIn(room: Room, members: readonly Member[]): readonly Member[] {
  return room.kind === 'broadcast' ? members.filter((member) => member.role !== 'owner') : members;
}

async function usersOf(execute: Execute, members: readonly Member[]) {
  const { users } = await execute({ type: 'user.find', refs: members.map((member) => ({ id: member.userId })) });
  return new Map(users.flatMap((user) => (user === null ? [] : [[user.id, user] as const])));
}

/** One page of members; with a name, of those whose name holds it. */
async function memberPage(execute: Execute, all: readonly Member[], query: Paging, name: string | undefined) {
  const offset = offsetOf(query);
  const slice = (members: readonly Member[]) => members.slice(offset, offset + query.limit);
  if (name === undefined) {
    const members = slice(all);
    return { members, users: await usersOf(execute, members), total: all.length };
  }
  const searched = all.slice(0, MAX_SEARCHED);
  const users = await usersOf(execute, searched);
  const wanted = name.toLowerCase();
  const found = searched.filter(({ userId }) => users.get(userId)?.name.toLowerCase().includes(wanted) ?? false);
  return { members: slice(found), users, total: found.length };
}

const memberQuery = z.object({ ...paging, name: optionalText(z.string().max(256)) });

function listMembers(kind: Kind): HttpRoute {
  return httpSteps({
    method: 'get',
    path: `${rootOf(kind)}/members`,
    body: 'none',
    summary: `The members of a ${kind}, a page at a time.`,
    schema: z.object({ params: roomParam, query: memberQuery }),
    claim: claimOf,
    asks: 'room.get',
    run: async (execute, { params, query }) => {
      const { room, members } = await execute({ type: 'room.get', room: params.roomId });
      const page = await memberPage(execute, peopleIn(room, members), query, query.name);
      const docs = page.members.map(({ userId, role }) => ({
        userData: wireUser(personIn(page.users, userId)),
        gR: roleWord(role),
      }));
      return pageOf(docs, query, page.total);
    },
  });
}

function availableUsers(kind: Kind): HttpRoute {
  return httpSteps({
    method: 'get',
    path: `${rootOf(kind)}/available-users-to-add`,
    body: 'none',
    summary: `Users of the app who are not in a ${kind}; a page may hold fewer than asked for.`,
    schema: z.object({ params: roomParam, query: memberQuery }),
    claim: claimOf,
    asks: 'user.list',
    run: async (execute, { params, query }) => {
      const { members } = await execute({ type: 'room.get', room: params.roomId });
      const present = new Set(members.map((member) => member.userId));
      const search = query.name === undefined ? {} : { search: query.name };
      const list = { ...search, offset: offsetOf(query), limit: query.limit };
      const { users, total } = await execute({ type: 'user.list', ...list });
      return pageOf(users.filter((user) => !present.has(user.id)).map(wireUser), query, total);
    },
  });
}

function addMembers(kind: Kind): HttpRoute {
  return httpRoute<'member.add'>()({
    method: 'post',
    path: `${rootOf(kind)}/members`,
    body: 'json',
    summary: `Adds users to a ${kind}.`,
    schema: z.object({ params: roomParam, body: z.object({ identifiers }) }),
    claim: claimOf,
    intent: ({ params, body }) => ({
      type: 'member.add',
      room: params.roomId,
      users: [...new Set(body.identifiers)].map((one) => ({ identifier: one })),
    }),
    answer: () => DONE,
  });
}

const memberParams = roomParam.extend({ identifier });

function removeMember(kind: Kind): HttpRoute {
  return httpRoute<'member.remove'>()({
    method: 'delete',
    path: `${rootOf(kind)}/members/:identifier`,
    body: 'none',
    summary: `Takes a user out of a ${kind}.`,
    schema: z.object({ params: memberParams }),
    claim: claimOf,
    intent: ({ params }) => ({
      type: 'member.remove',
      room: params.roomId,
      user: { identifier: params.identifier },
    }),
    answer: () => DONE,
  });
}

const changeRole = httpRoute<'member.change'>()({
  method: 'patch',
  path: `${rootOf('group')}/members/:identifier/:role`,
  body: 'none',
  summary: "Changes a member's role.",
  schema: z.object({ params: memberParams.extend({ role: z.enum(['member', 'admin', 'superAdmin']) }) }),
  claim: claimOf,
  intent: ({ params }) => ({
    type: 'member.change',
    room: params.roomId,
    user: { identifier: params.identifier },
    role: roleNamed(params.role),
  }),
  answer: () => DONE,
});

const leave = httpSteps({
  method: 'post',
  path: `${rootOf('group')}/leave`,
  body: 'none',
  summary: 'Leaves a group.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  asks: 'member.remove',
  run: async (execute, { params }) => {
    const { id } = await self(execute);
    await execute({ type: 'member.remove', room: params.roomId, user: { id } });
    return DONE;
  },
});

const description = httpRoute<'room.patch'>()({
  method: 'patch',
  path: `${rootOf('group')}/description`,
  body: 'json',
  summary: 'Describes a group; an empty description takes it away.',
  schema: z.object({ params: roomParam, body: z.object({ description: z.string().max(4096).nullable() }) }),
  claim: claimOf,
  intent: ({ params, body }) => ({
    type: 'room.patch',
    room: params.roomId,
    description: body.description === '' ? null : body.description,
  }),
  answer: () => DONE,
});

/** The body is the data itself, or holds it by its name. */
const extraData = httpRoute<'room.patch'>()({
  method: 'patch',
  path: `${rootOf('group')}/extra-data`,
  body: 'json',
  summary: "Changes the app's own data of a group.",
  schema: z.object({ params: roomParam, body: plainObject }),
  claim: claimOf,
  intent: ({ params, body }) => {
    const named = plainObject.safeParse(body['extraData']);
    const data = Object.keys(body).length === 1 && named.success ? named.data : body;
    return { type: 'room.patch', room: params.roomId, extras: { [NAME]: { extraData: data } } };
  },
  answer: () => DONE,
});

/** What somebody who is not in it sees, of any group there is or is not. */
const OUTSIDE = { isMeOut: true, membersCount: 0, totalOnline: 0, myRole: roleWord('member'), groupSettings: null };

function outside<T>(error: unknown, answer: T): T {
  if (error instanceof ParlanceError && error.code === 'not-found') return answer;
  throw error;
}

/** Online are counted among the members that the list shows: a hundred at most. */
async function groupInfo(execute: Execute, roomId: string): Promise<object> {
  const me = await self(execute);
  const { room, members } = await execute({ type: 'room.get', room: roomId });
  const { online } = await execute({ type: 'room.show', room: roomId });
  const own = members.find((member) => member.userId === me.id);
  if (own === undefined) return OUTSIDE;
  return {
    isMeOut: false,
    membersCount: members.length,
    totalOnline: online.size,
    myRole: roleWord(own.role),
    groupSettings: wireGroupSettings(room),
  };
}

const myInfo = httpSteps({
  method: 'get',
  path: `${rootOf('group')}/my-info`,
  body: 'none',
  summary: 'What a group is to the caller.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  asks: 'room.get',
  run: async (execute, { params }) =>
    ok(await groupInfo(execute, params.roomId).catch((error: unknown) => outside(error, OUTSIDE))),
});

const myStatus = httpSteps({
  method: 'get',
  path: `${rootOf('group')}/my-status`,
  body: 'none',
  summary: 'Whether the caller is in a group.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  asks: 'room.get',
  run: async (execute, { params }) => {
    const isMeOut = await execute({ type: 'room.get', room: params.roomId }).then(
      () => false,
      (error: unknown) => outside(error, true),
    );
    return ok({ isMeOut });
  },
});

const broadcastInfo = httpRoute<'room.get'>()({
  method: 'get',
  path: `${rootOf('broadcast')}/my-info`,
  body: 'none',
  summary: 'How many recipients a broadcast has.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'room.get', room: params.roomId }),
  answer: ({ room, members }) => ok({ totalUsers: peopleIn(room, members).length }),
});

/** Who has seen (or got) a message of a group: its watermark covers it. */
function messageStatus(word: 'seen' | 'deliver'): HttpRoute {
  return httpSteps({
    method: 'get',
    path: `${rootOf('group')}/message/:id/status/${word}`,
    body: 'none',
    summary: word === 'seen' ? 'Who has seen a message.' : 'Who has got a message.',
    schema: z.object({ params: roomParam.extend({ id: idSchema }), query: z.object(paging) }),
    claim: claimOf,
    asks: 'message.get',
    run: async (execute, { params, query }) => {
      const { message, room } = await execute({ type: 'message.get', messageId: params.id });
      if (room.id !== params.roomId) throw new ParlanceError('not-found', 'Message not found.');
      const { members } = await execute({ type: 'room.get', room: room.id });
      const got = members.filter((member) => member.userId !== message.senderId && covers(member, message.seq, word));
      const page = await memberPage(execute, got, query, undefined);
      const docs = page.members.map((member) => ({
        dAt: member.deliveredAt ?? member.readAt,
        sAt: covers(member, message.seq, 'seen') ? member.readAt : null,
        userData: wireUser(personIn(page.users, member.userId)),
      }));
      return pageOf(docs, query, page.total);
    },
  });
}

function covers({ readSeq, deliveredSeq }: Member, seq: number, word: 'seen' | 'deliver'): boolean {
  return readSeq >= seq || (word === 'deliver' && deliveredSeq >= seq);
}

export const groupRoutes: readonly HttpRoute[] = [
  leave,
  description,
  extraData,
  myInfo,
  myStatus,
  changeRole,
  messageStatus('seen'),
  messageStatus('deliver'),
  broadcastInfo,
  ...(['group', 'broadcast'] as const).flatMap((kind) => [
    title(kind),
    image(kind),
    listMembers(kind),
    availableUsers(kind),
    addMembers(kind),
    removeMember(kind),
  ]),
];
