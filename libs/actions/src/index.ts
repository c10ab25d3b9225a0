export { Directory, DIRECTORY_DEFAULTS, roomNotFound } from './directory.js';
export type { DirectoryOptions } from './directory.js';
export { actingUser, actorOf, identityMismatch, isServer, names, settleCaller, viewerOf } from './caller.js';
export type { Caller } from './caller.js';
export { busActions, executorFor, onlyOnConnections } from './executor.js';
export type { ActionContext, Actions, ConnectionIntent } from './executor.js';
export { viewOf } from './room.actions.js';
