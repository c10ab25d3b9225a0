import type { HttpAnswer, HttpCompanion } from '@parlance/dialect-kit';
import type { ErrorCode, ParlanceError } from '@parlance/domain';
import { chatRoutes } from './chat.routes.js';
import { messageRoutes } from './message.routes.js';
import { wording } from './reply.js';
import { credential } from './routes.js';
import { SDK_TEST, sdkTestRoutes } from './sdk-test.routes.js';
import { userRoutes } from './user.routes.js';

/** Documented are 400, 401, 404 and 500; the retryable ones keep their own so that a client can tell. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  conflict: 400,
  'too-large': 400,
  unsupported: 400,
  unauthenticated: 401,
  'permission-denied': 401,
  'not-found': 404,
  'rate-limited': 429,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
};

function refuse(error: ParlanceError): HttpAnswer {
  return { status: STATUS[error.code], body: { message: wording(error) } };
}

export const http: HttpCompanion = {
  roots: ['/v1', SDK_TEST],
  credential,
  refuse,
  routes: [...userRoutes, ...chatRoutes, ...messageRoutes, ...sdkTestRoutes],
};
