import type { Execute, HttpAnswer, HttpRequest, HttpRoute, IntentOf } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { wireUser } from './reply.js';
import { claimOf, idParam, ok, photoOf, pictureFields } from './routes.js';
import { metadataText, nameField, namesSomebody, username, usernamesFields, usernamesOf } from './wire.js';

const userFields = { ...pictureFields, name: nameField.optional(), metadata: metadataText.optional() };
const userBody = z.object(userFields);

async function putUser(
  execute: Execute,
  ref: IntentOf<'user.put'>['ref'],
  body: z.output<typeof userBody>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const fields = { name: body.name, photo: await photoOf(execute, body, request), metadata: body.metadata };
  const { user } = await execute({ type: 'user.put', ref, fields, mustExist: 'id' in ref });
  return ok({ user: wireUser(user) });
}

const createUser = httpSteps({
  asks: 'user.put',
  method: 'post',
  path: '/v1/user',
  body: 'form',
  summary: 'Creates a user, or updates the one of this username.',
  schema: z.object({ body: z.object({ ...userFields, username }) }),
  claim: (_, request) => claimOf(request),
  run: (execute, { body }, request) => putUser(execute, { username: body.username }, body, request),
});

const updateUser = httpSteps({
  asks: 'user.put',
  method: 'patch',
  path: '/v1/user/:id',
  body: 'form',
  summary: "Changes a user's name, avatar or metadata; what is absent stays.",
  schema: z.object({ params: idParam, body: userBody }),
  claim: (_, request) => claimOf(request),
  run: (execute, { params, body }, request) => putUser(execute, { id: params.id }, body, request),
});

const userQuery = z.union([z.object({ username }), z.object({ id: idSchema })], {
  error: 'needs a username or an id',
});

const findUser = httpRoute<'user.find'>()({
  method: 'get',
  path: '/v1/user',
  body: 'none',
  summary: 'One user, by username or id.',
  schema: z.object({ query: userQuery }),
  claim: (_, request) => claimOf(request),
  intent: ({ query }) => ({ type: 'user.find', refs: [query] }),
  answer: ({ users: [user] }) => {
    if (user === null || user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return ok({ user: wireUser(user) });
  },
});

const listUsers = httpRoute<'user.find'>()({
  method: 'get',
  path: '/v1/user/list',
  body: 'none',
  summary: 'Users by username, in the order asked; unknown ones are left out.',
  schema: z.object({
    query: z.object(usernamesFields).refine(namesSomebody, { path: ['usernames'], error: 'is needed' }),
  }),
  claim: (_, request) => claimOf(request),
  intent: ({ query }) => ({ type: 'user.find', refs: usernamesOf(query).map((name) => ({ username: name })) }),
  answer: ({ users }) => ok({ users: users.filter((user) => user !== null).map(wireUser) }),
});

/** The account ends; what it wrote stays. */
const deleteUser = httpRoute<'user.terminate'>()({
  method: 'delete',
  path: '/v1/user/:id',
  body: 'none',
  summary: "Ends a user's account: its connections are closed, and nobody acts as it any more.",
  schema: z.object({ params: idParam }),
  claim: (_, request) => claimOf(request),
  intent: ({ params }) => ({ type: 'user.terminate', user: { id: params.id }, message: 'This account was deleted.' }),
  answer: () => ok({ success: true }),
});

/** Fixed paths stand before those with a parameter. */
export const userRoutes: readonly HttpRoute[] = [createUser, listUsers, findUser, updateUser, deleteUser];
