import { createHash } from 'node:crypto';
import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { wireImages, wireUser } from '../person.js';
import { NAME } from '../wire.js';
import { claimOf, DONE, offsetOf, ok, pageOf, self } from './answer.js';
import { identifier, nameText, optionalText, paging, plainObject } from './fields.js';
import { requiredPicture, storedPicture, uploads } from './file.steps.js';

const pushKey = z.string().min(1).max(4096);

/** A push key has no device beside it when it changes, so each is a device of its own, known by the key. */
function deviceOf(key: string): string {
  return `${NAME}-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

const putPushKey = (execute: Execute, key: string) =>
  execute({ type: 'device.put', deviceId: deviceOf(key), kind: 'fcm', pushToken: key });

const connectBody = z.object({
  identifier,
  fullName: optionalText(nameText),
  deviceId: optionalText(z.string().min(1).max(128)),
  password: z.string().min(1).max(256),
  language: optionalText(z.string().max(32)),
  pushKey: optionalText(pushKey),
  platform: optionalText(z.string().max(32)),
});

/** What comes with it is done as the user it signs in: before, nobody is known to do it. */
const connect = httpSteps({
  method: 'post',
  path: '/api/v2/auth/connect',
  body: 'form',
  anonymous: true,
  summary: 'Signs a user in, or up, by the proof that the app makes of its hash key.',
  schema: z.object({ body: connectBody }),
  claim: () => ({}),
  asks: 'user.sign-in',
  run: async (execute, { body }, request, become) => {
    const signedIn = await execute({
      type: 'user.sign-in',
      identifier: body.identifier,
      proof: body.password,
      fields: body.fullName === undefined ? {} : { name: body.fullName },
      deviceId: body.deviceId,
      dialect: NAME,
    });
    const brings = body.pushKey !== undefined || uploads(request).length > 0;
    if (!brings) return ok({ user: wireUser(signedIn.user), accessToken: signedIn.token });
    if (become === undefined) throw new ParlanceError('internal', 'A sign-in cannot go on as its user here.');
    const asUser = await become(signedIn.token);
    if (body.pushKey !== undefined) await putPushKey(asUser, body.pushKey);
    const photo = await storedPicture(asUser, request);
    const user = photo === undefined ? signedIn.user : await changedUser(asUser, { photo });
    return ok({ user: wireUser(user), accessToken: signedIn.token });
  },
});

async function changedUser(execute: Execute, fields: { readonly name?: string; readonly photo?: string }) {
  const { id } = await self(execute);
  return (await execute({ type: 'user.put', ref: { id }, fields, mustExist: true })).user;
}

const logout = httpRoute<'user.sign-out'>()({
  method: 'post',
  path: '/api/v2/auth/logout',
  body: 'json',
  summary: 'Gives the tokens of this device up.',
  schema: z.object({ body: z.unknown() }),
  claim: claimOf,
  intent: () => ({ type: 'user.sign-out' }),
  answer: () => DONE,
});

const changeImage = httpSteps({
  method: 'patch',
  path: '/api/v2/profile/image',
  body: 'form',
  summary: "Changes the caller's picture.",
  schema: z.object({ body: z.unknown() }),
  claim: claimOf,
  asks: 'user.put',
  run: async (execute, _, request) => {
    const photo = await requiredPicture(execute, request);
    return ok(wireImages((await changedUser(execute, { photo })).photo));
  },
});

const changeName = httpSteps({
  method: 'patch',
  path: '/api/v2/profile/name',
  body: 'json',
  summary: "Changes the caller's name.",
  schema: z.object({ body: z.object({ fullName: nameText }) }),
  claim: claimOf,
  asks: 'user.put',
  run: async (execute, { body }) => {
    await changedUser(execute, { name: body.fullName });
    return DONE;
  },
});

/** The vendor words its pushes by it; ours carry no words. */
const changeLanguage = httpRoute<'session.identify'>()({
  method: 'patch',
  path: '/api/v2/profile/lang',
  body: 'json',
  summary: "Takes note of the caller's language, which changes nothing here.",
  schema: z.object({ body: plainObject }),
  claim: claimOf,
  intent: () => ({ type: 'session.identify' }),
  answer: () => DONE,
});

const addPushKey = httpSteps({
  method: 'post',
  path: '/api/v2/profile/push',
  body: 'json',
  summary: 'Notes where this device is pushed to.',
  schema: z.object({ body: z.object({ pushKey }) }),
  claim: claimOf,
  asks: 'device.put',
  run: async (execute, { body }) => {
    await putPushKey(execute, body.pushKey);
    return DONE;
  },
});

const removePushKey = httpRoute<'device.remove'>()({
  method: 'delete',
  path: '/api/v2/profile/push',
  body: 'json',
  summary: 'Forgets where this device is pushed to; without a key, all devices of the caller.',
  schema: z.object({ body: z.object({ pushKey: optionalText(pushKey) }) }),
  claim: claimOf,
  intent: ({ body }) => ({
    type: 'device.remove',
    deviceId: body.pushKey === undefined ? undefined : deviceOf(body.pushKey),
  }),
  answer: () => DONE,
});

const listUsers = httpSteps({
  method: 'get',
  path: '/api/v2/profile/users',
  body: 'none',
  summary: 'The other users of the app, a page at a time.',
  schema: z.object({ query: z.object({ ...paging, name: optionalText(z.string().max(256)) }) }),
  claim: claimOf,
  asks: 'user.list',
  run: async (execute, { query }) => {
    const me = await self(execute);
    const search = query.name;
    const { users, total } = await execute({
      type: 'user.list',
      ...(search === undefined ? {} : { search }),
      offset: offsetOf(query),
      limit: query.limit,
    });
    return pageOf(users.filter((user) => user.id !== me.id).map(wireUser), query, total);
  },
});

const lastSeen = httpRoute<'user.find'>()({
  method: 'get',
  path: '/api/v2/profile/users/:identifier/last-seen',
  body: 'none',
  summary: 'When a user was last there; one who never was, since the account exists.',
  schema: z.object({ params: z.object({ identifier }) }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'user.find', refs: [{ identifier: params.identifier }] }),
  answer: ({ users: [user] }) => {
    if (user === null || user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return ok(user.lastSeenAt ?? user.createdAt);
  },
});

const banParams = z.object({ params: z.object({ identifier }) });

function ban(word: 'ban' | 'un-ban'): HttpRoute {
  return httpRoute<'block.set'>()({
    method: 'post',
    path: `/api/v2/user-ban/:identifier/${word}`,
    body: 'none',
    summary: word === 'ban' ? 'Blocks a user for the caller.' : 'Takes the block of a user back.',
    schema: banParams,
    claim: claimOf,
    intent: ({ params }) => ({ type: 'block.set', user: { identifier: params.identifier }, blocked: word === 'ban' }),
    answer: () => DONE,
  });
}

const banState = httpRoute<'block.get'>()({
  method: 'get',
  path: '/api/v2/user-ban/:identifier/ban',
  body: 'none',
  summary: 'Who of the two blocks the other.',
  schema: banParams,
  claim: claimOf,
  intent: ({ params }) => ({ type: 'block.get', user: { identifier: params.identifier } }),
  answer: ({ blockedByMe, blockedMe, room }) =>
    ok({ isMeBanner: blockedByMe, isPeerBanner: blockedMe, ...(room === null ? {} : { roomId: room.id }) }),
});

export const userRoutes: readonly HttpRoute[] = [
  connect,
  logout,
  changeImage,
  changeName,
  changeLanguage,
  addPushKey,
  removePushKey,
  listUsers,
  lastSeen,
  ban('ban'),
  ban('un-ban'),
  banState,
];
