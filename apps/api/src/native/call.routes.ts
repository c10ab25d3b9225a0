import { httpRoute, numberField, type CallView } from '@parlance/dialect-kit';
import { idSchema, jsonValueSchema } from '@parlance/domain';
import { z } from 'zod';
import { cursorField, decodeCursor, encodeCursor } from './cursor.js';
import { callAnswer, callParticipantsAnswer, callsAnswer, shownCall } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Calls';
const params = z.object({ id: idSchema });
const by = idSchema.optional();
const payload = jsonValueSchema.default(null).meta({ description: 'Goes to the other side verbatim.' });
const answered = (view: CallView) => ({ status: 200, body: shownCall(view.call) });

const createCall = httpRoute<'call.create'>()({
  method: 'post',
  path: '/rooms/:id/calls',
  body: 'json',
  summary:
    'Rings the other one of a direct room, or the members of a group. To somebody in another call it comes back ended (`busy`).',
  schema: z.object({ params, body: z.object({ by, withVideo: z.boolean().default(false), payload }) }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body }) => ({
    type: 'call.create',
    room: id,
    withVideo: body.withVideo,
    payload: body.payload,
  }),
  answer: ({ call }) => ({ status: 201, body: shownCall(call) }),
});

const acceptCall = httpRoute<'call.accept'>()({
  method: 'post',
  path: '/calls/:id/accept',
  body: 'json',
  summary: "Takes a call that rings, or joins a group's. Another device of the user was faster: 409.",
  schema: z.object({ params, body: z.object({ by, payload }).prefault({}) }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body }) => ({ type: 'call.accept', call: id, payload: body.payload }),
  answer: answered,
});

const endWith = (as: 'reject' | 'cancel' | 'end', summary: string) =>
  httpRoute<'call.end'>()({
    method: 'post',
    path: `/calls/:id/${as}`,
    body: 'json',
    summary,
    schema: z.object({ params, body: z.object({ by }).default({}) }),
    claim: ({ body }) => actingAs(body.by),
    intent: ({ params: { id } }) => ({ type: 'call.end', call: id, as }),
    answer: answered,
  });

const getCall = httpRoute<'call.get'>()({
  method: 'get',
  path: '/calls/:id',
  body: 'none',
  summary: 'One call.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'call.get', call: id }),
  answer: answered,
});

const listParticipants = httpRoute<'call.get'>()({
  method: 'get',
  path: '/calls/:id/participants',
  body: 'none',
  summary: 'Who was rung, takes part, or has left.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'call.get', call: id }),
  answer: ({ participants }) => ({ status: 200, body: { participants } }),
});

const CALLS_PER_PAGE = 50;
const MAX_CALLS_PER_PAGE = 200;
const MAX_OFFSET = 1_000_000_000;
const callsPlace = z.tuple([z.literal('calls'), z.int().nonnegative().max(MAX_OFFSET)]);

function callsBefore(cursor: string | undefined): number {
  return cursor === undefined ? 0 : decodeCursor(callsPlace, cursor)[1];
}

const listCalls = httpRoute<'call.history'>()({
  method: 'get',
  path: '/users/:id/calls',
  body: 'none',
  summary: "A user's calls, the newest first.",
  schema: z.object({
    params,
    query: z.object({
      cursor: cursorField.optional(),
      limit: numberField(z.number().int().min(1).max(MAX_CALLS_PER_PAGE).default(CALLS_PER_PAGE)),
    }),
  }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ query: { cursor, limit } }) => ({ type: 'call.history', offset: callsBefore(cursor), limit }),
  answer: ({ calls, total }, { query: { cursor, limit } }) => {
    const next = callsBefore(cursor) + limit;
    const more = next < total ? { nextCursor: encodeCursor(['calls', next]) } : {};
    return { status: 200, body: { calls: calls.map(({ call }) => shownCall(call)), ...more } };
  },
});

const one = { 200: callAnswer };

export const callRoutes: readonly NativeRoute[] = [
  nativeRoute(createCall, { tag, answers: { 201: callAnswer }, actingField: 'by' }),
  nativeRoute(acceptCall, { tag, answers: one, actingField: 'by' }),
  nativeRoute(endWith('reject', 'Rejects a call that rings.'), { tag, answers: one, actingField: 'by' }),
  nativeRoute(endWith('cancel', 'Takes an own call back while it rings.'), { tag, answers: one, actingField: 'by' }),
  nativeRoute(
    endWith(
      'end',
      "Hangs up; who began a group's call ends it for all. With a secret key and without `by` for all, too.",
    ),
    { tag, answers: one },
  ),
  nativeRoute(getCall, { tag, answers: one }),
  nativeRoute(listParticipants, { tag, answers: { 200: callParticipantsAnswer } }),
  nativeRoute(listCalls, { tag, answers: { 200: callsAnswer } }),
];
