import type { HttpRoute } from '@parlance/dialect-kit';
import { httpRoute } from '@parlance/dialect-kit';
import type { ParlanceError } from '@parlance/domain';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { ok } from './routes.js';

/** What the vendor's own tests begin and end with. */
export const SDK_TEST = '/sdk-test';

/** The app key of the demo, which no other installation knows: elsewhere these calls are not there. */
const DEMO_KEY = 'demo-public-key';
const TESTER = 'sdk-test';

const refuse = ({ code }: ParlanceError) =>
  code === 'unauthenticated' ? { status: 404, body: { message: 'There is no such call.' } } : null;

const begin = httpRoute<'user.put'>()({
  method: 'get',
  path: SDK_TEST,
  body: 'none',
  summary: "Demo mode only: a user and the app key for the vendor's tests.",
  schema: z.object({}),
  claim: () => ({ credential: DEMO_KEY }),
  intent: () => ({ type: 'user.put', ref: { username: TESTER }, fields: { name: 'SDK test' } }),
  answer: ({ user }) => ok({ userId: user.id, apiKey: DEMO_KEY }),
});

/** The tester is the same at the next run, so nothing is in its way. */
const end = httpRoute<'user.find'>()({
  method: 'post',
  path: SDK_TEST,
  body: 'json',
  summary: "Demo mode only: the vendor's tests are over.",
  schema: z.object({ body: z.object({ user_id: idSchema.optional() }) }),
  claim: () => ({ credential: DEMO_KEY }),
  intent: () => ({ type: 'user.find', refs: [{ username: TESTER }] }),
  answer: ({ users: [user] }) => ok({ success: user !== null && user !== undefined }),
});

export const sdkTestRoutes: readonly HttpRoute[] = [
  { ...begin, refuse },
  { ...end, refuse },
];
