import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { invitationAnswer, invitationsAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Invitations';
const MAX_INVITED = 500;
const params = z.object({ id: idSchema });
const by = idSchema.optional();

const createInvitations = httpRoute<'invitation.create'>()({
  method: 'post',
  path: '/rooms/:id/invitations',
  body: 'json',
  summary: 'Invites users into a group. Members and banned users are left out, an open invitation is answered again.',
  schema: z.object({ params, body: z.object({ userIds: z.array(idSchema).min(1).max(MAX_INVITED), by }) }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body: { userIds } }) => ({
    type: 'invitation.create',
    room: id,
    users: userIds.map((userId) => ({ id: userId })),
  }),
  answer: ({ invitations }) => ({ status: 201, body: { invitations } }),
});

const listInvitations = httpRoute<'invitation.list'>()({
  method: 'get',
  path: '/rooms/:id/invitations',
  body: 'none',
  summary: 'The open invitations into a room; for its owner and admins.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'invitation.list', room: id }),
  answer: ({ invitations }) => ({ status: 200, body: { invitations } }),
});

const listOwnInvitations = httpRoute<'invitation.list'>()({
  method: 'get',
  path: '/users/:id/invitations',
  body: 'none',
  summary: "A user's open invitations, the newest first.",
  schema: z.object({ params }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: () => ({ type: 'invitation.list' }),
  answer: ({ invitations }) => ({ status: 200, body: { invitations } }),
});

const answerWith = (answer: 'accept' | 'reject', summary: string) =>
  httpRoute<'invitation.answer'>()({
    method: 'post',
    path: `/invitations/:id/${answer}`,
    body: 'json',
    summary,
    schema: z.object({ params, body: z.object({ by }).default({}) }),
    claim: ({ body }) => actingAs(body.by),
    intent: ({ params: { id } }) => ({ type: 'invitation.answer', invitation: { id }, answer }),
    answer: ({ invitation }) => ({ status: 200, body: invitation }),
  });

const cancelInvitation = httpRoute<'invitation.cancel'>()({
  method: 'delete',
  path: '/invitations/:id',
  body: 'none',
  summary: 'Takes an open invitation back.',
  schema: z.object({ params, query: z.object({ by }) }),
  claim: ({ query }) => actingAs(query.by),
  intent: ({ params: { id } }) => ({ type: 'invitation.cancel', invitation: { id } }),
  answer: () => ({ status: 204, body: undefined }),
});

export const invitationRoutes: readonly NativeRoute[] = [
  nativeRoute(createInvitations, { tag, answers: { 201: invitationsAnswer } }),
  nativeRoute(listInvitations, { tag, answers: { 200: invitationsAnswer } }),
  nativeRoute(listOwnInvitations, { tag, answers: { 200: invitationsAnswer } }),
  nativeRoute(answerWith('accept', 'Accepts an invitation: the invitee is a member then.'), {
    tag,
    answers: { 200: invitationAnswer },
  }),
  nativeRoute(answerWith('reject', 'Rejects an invitation.'), { tag, answers: { 200: invitationAnswer } }),
  nativeRoute(cancelInvitation, { tag, answers: { 204: null } }),
];
