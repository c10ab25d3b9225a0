import type { HttpCompanion } from '@parlance/dialect-kit';
import { credential, refuse } from './http/answer.js';
import { callRoutes } from './http/call.routes.js';
import { channelRoutes } from './http/channel.routes.js';
import { groupRoutes } from './http/group.routes.js';
import { messageRoutes } from './http/message.routes.js';
import { userRoutes } from './http/user.routes.js';

/** The calls that V Chat's clients make beside the socket: sending among them. */
export const http: HttpCompanion = {
  roots: ['/api/v2'],
  credential,
  refuse,
  routes: [...userRoutes, ...channelRoutes, ...groupRoutes, ...messageRoutes, ...callRoutes],
};
