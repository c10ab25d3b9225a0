import type { HttpCompanion } from '@parlance/dialect-kit';
import { appCalls } from './http/app.js';
import { blockCalls } from './http/blocks.js';
import { credential } from './http/call.js';
import { conversationCalls } from './http/conversation.js';
import { fileCalls } from './http/files.js';
import { historyCalls } from './http/history.js';
import { meCalls } from './http/me.js';
import { memberCalls } from './http/members.js';
import { messageCalls } from './http/messages.js';
import { oneRoomCalls, roomCalls } from './http/rooms.js';
import { httpFailure } from './reply.js';

/** The REST calls of IMKit's clients and of the servers beside them. Fixed paths stand before those with a parameter. */
export const http: HttpCompanion = {
  roots: [
    '/rooms',
    '/me',
    '/messages',
    '/files',
    '/push',
    '/admin',
    '/search',
    '/config',
    '/roomPrefs',
    '/blockStatus',
    '/auths',
    '/badges',
  ],
  credential,
  refuse: (error) => httpFailure(error),
  routes: [
    ...roomCalls,
    ...memberCalls,
    ...oneRoomCalls,
    ...conversationCalls,
    ...historyCalls,
    ...messageCalls,
    ...meCalls,
    ...blockCalls,
    ...fileCalls,
    ...appCalls,
  ],
};
