import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { presenceAnswer } from './native.answers.js';
import { nativeRoute, type NativeRoute } from './native.route.js';

const MAX_USERS = 200;
const MAX_LIST_CHARS = 16_384;

/** `a,b`; an id that has a comma itself goes in a field of its own. */
const userIds = z
  .union([
    z
      .string()
      .max(MAX_LIST_CHARS)
      .transform((list) => list.split(',')),
    z.array(z.string()),
  ])
  .transform((ids) => [...new Set(ids.filter((id) => id !== ''))])
  .pipe(z.array(idSchema).min(1).max(MAX_USERS));

const findPresence = httpRoute<'presence.find'>()({
  method: 'get',
  path: '/presence',
  body: 'none',
  summary: 'Who of these users is online; unknown ones are left out.',
  schema: z.object({ query: z.object({ userIds }) }),
  claim: () => ({}),
  intent: ({ query }) => ({
    type: 'presence.find',
    users: query.userIds.map((id) => ({ id })),
    lastSeen: true,
  }),
  answer: ({ found }) => ({
    status: 200,
    body: {
      users: found.flatMap(({ user, online }) =>
        user === null ? [] : [{ id: user.id, online, lastSeenAt: user.lastSeenAt }],
      ),
    },
  }),
});

export const presenceRoutes: readonly NativeRoute[] = [
  nativeRoute(findPresence, { tag: 'Presence', answers: { 200: presenceAnswer } }),
];
