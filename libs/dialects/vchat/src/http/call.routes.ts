import type { HttpRoute } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { idSchema, jsonValueSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { wireActiveCall, wirePastCall } from '../call.js';
import { claimOf, deniedAsInvalid, DONE, offsetOf, ok, self } from './answer.js';
import { flag, limitField, paging, roomParam } from './fields.js';

const ROOT = '/api/v2/call';
const meetParam = z.object({ meetId: idSchema });
/** Relayed as it came, type unchanged: the generations of the client differ in it. */
const payload = jsonValueSchema.default(null);

const create = httpRoute<'call.create'>()({
  method: 'post',
  path: `${ROOT}/create/:roomId`,
  body: 'json',
  summary: 'Rings the other one of a room; 400 when somebody is in a call already.',
  schema: z.object({
    params: roomParam,
    body: z.object({ payload, withVideo: flag.default(false), meetPlatform: z.string().max(64).nullish() }),
  }),
  claim: claimOf,
  intent: ({ params, body }) => ({
    type: 'call.create',
    room: params.roomId,
    withVideo: body.withVideo,
    payload: body.payload,
    onlyDirect: true,
  }),
  answer: ({ call }) => {
    if (call.state === 'ended') throw new ParlanceError('conflict', 'The other one is in a call.');
    return ok({ meetId: call.id });
  },
  refuse: deniedAsInvalid,
});

const accept = httpRoute<'call.accept'>()({
  method: 'post',
  path: `${ROOT}/accept/:meetId`,
  body: 'json',
  summary: 'Answers a call that rings.',
  schema: z.object({ params: meetParam, body: z.object({ payload }) }),
  claim: claimOf,
  intent: ({ params, body }) => ({ type: 'call.accept', call: params.meetId, payload: body.payload }),
  answer: () => DONE,
  refuse: deniedAsInvalid,
});

/** `as` absent: the caller's role and the call's state say what it is. */
function end(word: string, summary: string, as?: 'reject' | 'cancel' | 'end'): HttpRoute {
  return httpRoute<'call.end'>()({
    method: 'post',
    path: `${ROOT}/${word}/:meetId`,
    body: 'none',
    summary,
    schema: z.object({ params: meetParam }),
    claim: claimOf,
    intent: ({ params }) => ({ type: 'call.end', call: params.meetId, as }),
    answer: () => DONE,
    refuse: deniedAsInvalid,
  });
}

const active = httpSteps({
  method: 'get',
  path: `${ROOT}/active`,
  body: 'none',
  summary: 'The live call of the caller, or null.',
  schema: z.object({}),
  claim: claimOf,
  asks: 'call.active',
  run: async (execute) => {
    const { view } = await execute({ type: 'call.active' });
    return ok(view === null ? null : wireActiveCall(view, (await self(execute)).id));
  },
});

/** Of all lists the only one that is a bare array. */
const history = httpSteps({
  method: 'get',
  path: `${ROOT}/history`,
  body: 'none',
  summary: 'The calls of the caller, the newest first.',
  schema: z.object({ query: z.object({ ...paging, limit: limitField(100) }) }),
  claim: claimOf,
  asks: 'call.history',
  run: async (execute, { query }) => {
    const me = await self(execute);
    const { calls } = await execute({ type: 'call.history', offset: offsetOf(query), limit: query.limit });
    return ok(calls.map((view) => wirePastCall(view, me.id)));
  },
});

const mediaToken = httpRoute<'call.media-token'>()({
  method: 'get',
  path: `${ROOT}/agora-access/:roomId`,
  body: 'none',
  summary: "A credential for the media server of a room's call.",
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'call.media-token', room: params.roomId }),
  answer: ({ token }) => ok({ rtcToken: token }),
});

const forgetAll = httpRoute<'call.forget'>()({
  method: 'delete',
  path: `${ROOT}/history/clear`,
  body: 'none',
  summary: "Empties the caller's own history.",
  schema: z.object({}),
  claim: claimOf,
  intent: () => ({ type: 'call.forget' }),
  answer: () => DONE,
});

const forgetOne = httpRoute<'call.forget'>()({
  method: 'delete',
  path: `${ROOT}/history/clear/:id`,
  body: 'none',
  summary: "Takes one call out of the caller's own history.",
  schema: z.object({ params: z.object({ id: idSchema }) }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'call.forget', call: params.id }),
  answer: () => DONE,
});

export const callRoutes: readonly HttpRoute[] = [
  active,
  history,
  mediaToken,
  create,
  accept,
  end('reject', 'Rejects a call that rings.', 'reject'),
  end('end/v2', 'Cancels, rejects or ends a call, as the caller and its state have it.'),
  end('cancel', 'Takes a call back while it rings.', 'cancel'),
  end('end', 'Ends a call.', 'end'),
  forgetAll,
  forgetOne,
];
