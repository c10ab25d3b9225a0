import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import type { Metadata, User, UserFields } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { APP_ID } from '../message.js';
import { wireUser } from '../people.js';
import { list, ok } from '../reply.js';
import type { Caller } from './call.js';
import { call, limitField, MAX_LIMIT, rawCall, skipField, someIdsField, tokenOf } from './call.js';
import { badgeOf, mute, wireMe } from './me.js';
import { refs } from './rooms.js';

/** What the app's server asks for, and what its apps ask before they are anybody. */

const MAX_CLIENTS = 200;
/** Pages of users looked through to count who is online. */
const MAX_COUNT_PAGES = 25;
const DAY_SECONDS = 86_400;
const MS_PER_SECOND = 1000;

const clientFields = z.object({
  _id: idSchema,
  nickname: z.string().min(1).max(256).optional(),
  avatarUrl: z.string().max(2048).nullish(),
  isRobot: z.boolean().optional(),
});

function fieldsOf({ nickname, avatarUrl, isRobot }: Omit<z.output<typeof clientFields>, '_id'>): UserFields {
  return { name: nickname, photo: avatarUrl === '' ? null : avatarUrl, isBot: isRobot };
}

const tokenFields = {
  issueAccessToken: z.boolean().optional(),
  token: z.string().max(8192).optional(),
  expirationDate: z.iso.datetime({ offset: true }).optional(),
};

const postClient = call({
  method: 'post',
  path: '/admin/clients',
  summary: 'Makes or changes a user, with a token if asked for one.',
  schema: z.object({ body: clientFields.extend(tokenFields) }),
  asks: 'user.put',
  who: 'admin',
  run: async ({ execute }, { body }) => {
    refuseForeignToken(body);
    const { user } = await execute({ type: 'user.put', ref: { id: body._id }, fields: fieldsOf(body) });
    const issued = body.issueAccessToken === true ? await issue(execute, user.id, body.expirationDate) : {};
    return { ...wireMe(user), ...issued };
  },
});

/** Tokens made elsewhere are known by the key that signed them, which is set for the tenant. */
function refuseForeignToken({
  token,
  issueAccessToken,
}: {
  readonly token?: unknown;
  readonly issueAccessToken?: unknown;
}) {
  if (token === undefined || token === '' || issueAccessToken === true) return;
  throw new ParlanceError('unsupported', 'token: ask for one with issueAccessToken, or register the key of your own.');
}

async function issue(execute: Execute, userId: string, expirationDate?: string): Promise<object> {
  const ttlSeconds = expirationDate === undefined ? DAY_SECONDS * 7 : secondsUntil(expirationDate);
  const { token, expiresAt } = await execute({ type: 'token.issue', userId, ttlSeconds });
  return { token, expirationDate: expiresAt };
}

function secondsUntil(date: string): number {
  const seconds = Math.floor((Date.parse(date) - Date.now()) / MS_PER_SECOND);
  if (seconds < 1) throw new ParlanceError('invalid', 'expirationDate: lies in the past.');
  return Math.min(seconds, DAY_SECONDS * 365);
}

const postClients = call({
  method: 'post',
  path: '/admin/clients/list',
  summary: 'Makes or changes several users.',
  schema: z.object({ body: z.object({ data: z.array(clientFields).min(1).max(MAX_CLIENTS) }) }),
  asks: 'user.put',
  who: 'admin',
  run: async ({ execute }, { body }) => {
    for (const client of body.data) {
      await execute({ type: 'user.put', ref: { id: client._id }, fields: fieldsOf(client) });
    }
    return { count: body.data.length };
  },
});

/** Their `q` is a database's query; of it only the words looked for in a nickname are understood. */
const nicknameQuery = z
  .string()
  .max(1024)
  .transform(
    (text) => /"\$regex"\s*:\s*"(?:\.\*)?([^"*\\]*?)(?:\.\*)?"/.exec(text)?.[1] ?? (/^\s*\{/.test(text) ? '' : text),
  );

const getClients = call({
  method: 'get',
  path: '/admin/clients',
  summary: 'Users by name.',
  schema: z.object({ query: z.object({ q: nicknameQuery.optional(), skip: skipField, limit: limitField }) }),
  asks: 'user.list',
  who: 'admin',
  run: async ({ execute }, { query }) => {
    const search = query.q === '' ? undefined : query.q;
    const { users, total } = await execute({ type: 'user.list', search, offset: query.skip, limit: query.limit });
    return list(
      users.filter(({ id }) => id !== CONFIG_USER).map((user) => wireMe(user)),
      total,
    );
  },
});

const clientParams = z.object({ id: idSchema });

const putToken = call({
  method: 'put',
  path: '/admin/clients/:id/token',
  summary: 'Issues a token for a user.',
  schema: z.object({ params: clientParams, body: z.object(tokenFields) }),
  asks: 'token.issue',
  who: 'admin',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute }, { params, body }) => {
    refuseForeignToken(body);
    return { _id: params.id, id: params.id, ...(await issue(execute, params.id, body.expirationDate)) };
  },
});

const deleteToken = call({
  method: 'delete',
  path: '/admin/clients/:id/token',
  summary: 'Ends a user’s tokens.',
  schema: z.object({ params: clientParams }),
  asks: 'user.sign-out',
  who: 'admin',
  missing: 'USER_NOT_FOUND',
  acting: ({ params }) => params.id,
  run: async ({ execute }) => {
    await execute({ type: 'user.sign-out' });
    return {};
  },
});

function clientMuteCall(method: 'post' | 'delete', muted: boolean, summary: string): HttpRoute {
  return call({
    method,
    path: '/admin/clients/:id/mute/:room',
    summary,
    schema: z.object({ params: clientParams.extend({ room: idSchema }) }),
    asks: 'room.preferences',
    who: 'admin',
    missing: 'ROOM_OR_USER_NOT_FOUND',
    acting: ({ params }) => params.id,
    run: async ({ execute }, { params }) => {
      await mute(execute, params.room, muted);
      return { _id: params.id, id: params.id, mute: muted ? [params.room] : [] };
    },
  });
}

/** Users with a live connection, as far as the pages reach: connections themselves are nobody's to count. */
async function onlineCount(execute: Execute): Promise<number> {
  let count = 0;
  for (let page = 0; page < MAX_COUNT_PAGES; page += 1) {
    const offset = page * MAX_LIMIT;
    const { users, total } = await execute({ type: 'user.list', offset, limit: MAX_LIMIT });
    if (users.length > 0) {
      const { found } = await execute({ type: 'presence.find', users: refs(users.map(({ id }) => id)) });
      count += found.filter(({ online }) => online).length;
    }
    if (offset + MAX_LIMIT >= total) break;
  }
  return count;
}

const getConnections = call({
  method: 'get',
  path: '/admin/connection-count',
  summary: 'How many users are connected.',
  schema: z.object({}),
  asks: 'user.list',
  who: 'admin',
  run: async ({ execute }) => ({ count: await onlineCount(execute) }),
});

const getStats = call({
  method: 'get',
  path: '/admin/stats',
  summary: 'How many users there are, and how many are connected.',
  schema: z.object({}),
  asks: 'user.list',
  who: 'admin',
  run: async ({ execute }) => {
    const { total } = await execute({ type: 'user.list', offset: 0, limit: 1 });
    return { totalUserCount: total, connectionCount: await onlineCount(execute) };
  },
});

const getGroups = call({
  method: 'get',
  path: '/admin/groups',
  summary: 'Teams of users: there are none here.',
  schema: z.object({}),
  asks: 'user.list',
  who: 'admin',
  run: () => Promise.resolve(list([])),
});

// Runtime configuration: the app's own words for all of its clients. It is kept as the metadata of a robot that nobody talks to.

const CONFIG_USER = 'imkit.config';
const configValue = z.record(z.string().min(1).max(128), z.json());

async function configOf(execute: Execute): Promise<Metadata> {
  const { users } = await execute({ type: 'user.find', refs: [{ id: CONFIG_USER }] });
  return users[0]?.metadata ?? {};
}

async function saveConfig(execute: Execute, metadata: Metadata): Promise<Metadata> {
  const fields = { name: 'Runtime configuration', isBot: true, metadata };
  return (await execute({ type: 'user.put', ref: { id: CONFIG_USER }, fields })).user.metadata;
}

const getConfig = call({
  method: 'get',
  path: '/config',
  summary: 'The app’s runtime configuration.',
  schema: z.object({}),
  asks: 'user.find',
  run: ({ execute }) => configOf(execute),
});

const postConfig = call({
  method: 'post',
  path: '/config',
  summary: 'Sets keys of the runtime configuration.',
  schema: z.object({ body: configValue }),
  asks: 'user.put',
  who: 'admin',
  run: async ({ execute }, { body }) => saveConfig(execute, { ...(await configOf(execute)), ...body }),
});

const deleteConfig = call({
  method: 'delete',
  path: '/config/:key',
  summary: 'Deletes a key of the runtime configuration.',
  schema: z.object({ params: z.object({ key: z.string().min(1).max(128) }) }),
  asks: 'user.put',
  who: 'admin',
  run: async ({ execute }, { params }) => {
    const kept = Object.entries(await configOf(execute)).filter(([key]) => key !== params.key);
    return saveConfig(execute, Object.fromEntries(kept));
  },
});

// Notifications

const postPush = call({
  method: 'post',
  path: '/push/push2clients',
  summary: 'The app’s server pushes a notification to users’ devices.',
  schema: z.object({ body: z.object({ clients: someIdsField, payload: z.json() }) }),
  asks: 'push.send',
  who: 'admin',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute }, { body }) => {
    await execute({ type: 'push.send', users: refs(body.clients), payload: body.payload });
    return {};
  },
});

const MAX_TOKENS = 100;
const tokensField = z.array(z.string().min(1).max(8192)).min(1).max(MAX_TOKENS);

/** Whose token each of these is. */
async function ownersOf({ become }: Caller, tokens: readonly string[]): Promise<{ user: User; execute: Execute }[]> {
  if (become === undefined) throw new ParlanceError('unsupported', 'Tokens are not read here.');
  const owners: { user: User; execute: Execute }[] = [];
  for (const token of tokens) {
    const execute = await become(token);
    owners.push({ user: (await execute({ type: 'session.identify' })).user, execute });
  }
  return owners;
}

const postPushTokens = call({
  method: 'post',
  path: '/push/push2tokens',
  summary: 'The app’s server pushes a notification to the devices of whoever these access tokens are.',
  schema: z.object({ body: z.object({ tokens: tokensField, payload: z.json() }) }),
  asks: 'push.send',
  who: 'admin',
  run: async (caller, { body }) => {
    const owners = await ownersOf(caller, body.tokens);
    const ids = [...new Set(owners.map(({ user }) => user.id))];
    await caller.execute({ type: 'push.send', users: refs(ids), payload: body.payload });
    return {};
  },
});

const postBadges = call({
  method: 'post',
  path: '/badges',
  summary: 'How many messages the users of these access tokens have not read.',
  schema: z.object({ body: z.object({ tokens: tokensField }) }),
  asks: 'room.list',
  run: async (caller, { body }) => {
    const data: { client: string; badge: number }[] = [];
    for (const { user, execute } of await ownersOf(caller, body.tokens)) {
      const found = await execute({ type: 'room.list', withMessagesOnly: false, offset: 0, limit: MAX_LIMIT });
      data.push({ client: user.id, badge: badgeOf(found.rooms) });
    }
    return { data, totalBadge: data.reduce((sum, { badge }) => sum + badge, 0) };
  },
});

// Access tokens

const signBody = z.object({
  id: idSchema,
  nickname: z.string().min(1).max(256).optional(),
  avatarUrl: z.string().max(2048).nullish(),
});

/** Old clients read the answer itself, newer ones its `result`. */
function signCall(path: string): HttpRoute {
  return rawCall({
    method: 'post',
    path,
    summary: 'A token for a user, where the tenant believes the key that asks.',
    schema: z.object({ body: signBody }),
    asks: 'token.issue',
    missing: 'USER_NOT_FOUND',
    run: async ({ execute }, { body }) => {
      const { user } = await execute({ type: 'user.put', ref: { id: body.id }, fields: fieldsOf(body) });
      const signed = { ...wireUser(user), authType: 'Standalone JWT', ...(await issue(execute, user.id)) };
      const answer = ok(signed);
      return { ...answer, body: { ...signed, ...Object(answer.body) } };
    },
  });
}

/** The tokens of a user are not listed: it is told the one it asks with. */
async function ownToken({ self, request }: Caller): Promise<object> {
  const { id } = await self();
  return { client: id, token: tokenOf(request.headers), appID: APP_ID };
}

const getToken = call({
  method: 'get',
  path: '/auths/token',
  summary: 'Whose token this is.',
  schema: z.object({}),
  asks: 'session.identify',
  run: (caller) => ownToken(caller),
});

const getTokens = call({
  method: 'get',
  path: '/auths/tokens',
  summary: 'The caller’s tokens: the one it asks with.',
  schema: z.object({}),
  asks: 'session.identify',
  run: async (caller) => list([await ownToken(caller)]),
});

export const appCalls: readonly HttpRoute[] = [
  postClient,
  postClients,
  getClients,
  putToken,
  deleteToken,
  clientMuteCall('post', true, 'Mutes a room for a user.'),
  clientMuteCall('delete', false, 'Unmutes a room for a user.'),
  getConnections,
  getStats,
  getGroups,
  getConfig,
  postConfig,
  deleteConfig,
  postPush,
  postPushTokens,
  postBadges,
  signCall('/auths/sign'),
  signCall('/auths/sign/v2'),
  getToken,
  getTokens,
];
