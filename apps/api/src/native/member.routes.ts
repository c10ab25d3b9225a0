import { httpRoute, numberField } from '@parlance/dialect-kit';
import { idSchema, memberSchema, ParlanceError, roleSchema, type Member } from '@parlance/domain';
import { z } from 'zod';
import { cursorField, decodeCursor, encodeCursor } from './cursor.js';
import { membersAnswer } from './native.answers.js';
import { actingAs, announce, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Members';
const MEMBERS_PER_PAGE = 1_000;
const MAX_MEMBERS_PER_PAGE = 5_000;
const MAX_ADDED = 500;
const params = z.object({ id: idSchema });
const by = idSchema.optional();

/** The member a page ended with. Members stand in the order in which they joined. */
const memberPlace = z.tuple([z.literal('members'), z.string(), z.string()]);

function placeOf({ joinedAt, userId }: Member): z.output<typeof memberPlace> {
  return ['members', joinedAt, userId];
}

/** Members in a stable order, so that a page does not depend on who left since the last one. */
function pageOf(members: readonly Member[], limit: number, cursor?: string) {
  const after = cursor === undefined ? null : decodeCursor(memberPlace, cursor);
  const rest = [...members].sort((a, b) => compare(placeOf(a), placeOf(b))).filter(isAfter);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = last === undefined || rest.length <= limit ? {} : { nextCursor: encodeCursor(placeOf(last)) };
  return { members: page, ...nextCursor };

  function isAfter(member: Member): boolean {
    return after === null || compare(placeOf(member), after) > 0;
  }
}

function compare(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index === -1 ? 0 : (a[index] ?? '') < (b[index] ?? '') ? -1 : 1;
}

const listMembers = httpRoute<'room.get'>()({
  method: 'get',
  path: '/rooms/:id/members',
  body: 'none',
  summary: 'The members of a room in the order in which they joined, with how far each has read.',
  schema: z.object({
    params,
    query: z.object({
      cursor: cursorField.optional(),
      limit: numberField(z.number().int().min(1).max(MAX_MEMBERS_PER_PAGE).default(MEMBERS_PER_PAGE)),
    }),
  }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'room.get', room: id }),
  answer: ({ members }, { query: { cursor, limit } }) => ({ status: 200, body: pageOf(members, limit, cursor) }),
});

const addMembers = httpRoute<'member.add'>()({
  method: 'post',
  path: '/rooms/:id/members',
  body: 'json',
  summary: 'Adds users to a room; who is in it already stays as they are. Answers the members after it.',
  schema: z.object({
    params,
    body: z.object({ userIds: z.array(idSchema).min(1).max(MAX_ADDED), role: roleSchema.optional(), announce, by }),
  }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body: { userIds, role, announce: told } }) => ({
    type: 'member.add',
    room: id,
    users: userIds.map((userId) => ({ id: userId })),
    role,
    announce: told,
  }),
  answer: ({ members }) => ({ status: 200, body: pageOf(members, MAX_MEMBERS_PER_PAGE) }),
});

const removeMember = httpRoute<'member.remove'>()({
  method: 'delete',
  path: '/rooms/:id/members/:userId',
  body: 'none',
  summary: 'Takes a user out of a room; one who is not in it stays out.',
  schema: z.object({ params: params.extend({ userId: idSchema }), query: z.object({ by }) }),
  claim: ({ query }) => actingAs(query.by),
  intent: ({ params: { id, userId } }) => ({ type: 'member.remove', room: id, user: { id: userId } }),
  answer: () => ({ status: 204, body: undefined }),
});

const changeMember = httpRoute<'member.change'>()({
  method: 'patch',
  path: '/rooms/:id/members/:userId',
  body: 'json',
  summary: 'Changes the role or nickname of a member. Who gives ownership away becomes an admin.',
  schema: z.object({
    params: params.extend({ userId: idSchema }),
    body: z.object({ role: roleSchema.optional(), nickname: z.string().max(256).nullable().optional(), by }),
  }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id, userId }, body: { role, nickname } }) => ({
    type: 'member.change',
    room: id,
    user: { id: userId },
    role,
    nickname,
  }),
  answer: ({ members, changed }) => {
    const member = members.find(({ userId }) => userId === changed.id);
    if (member === undefined) throw new ParlanceError('not-found', 'Member not found.');
    return { status: 200, body: member };
  },
});

export const memberRoutes: readonly NativeRoute[] = [
  nativeRoute(listMembers, { tag, answers: { 200: membersAnswer } }),
  nativeRoute(addMembers, { tag, answers: { 200: membersAnswer } }),
  nativeRoute(changeMember, { tag, answers: { 200: memberSchema } }),
  nativeRoute(removeMember, { tag, answers: { 204: null } }),
];
