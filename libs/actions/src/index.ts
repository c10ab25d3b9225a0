export { ByteBudget } from './byte-budget.js';
export { Directory, DIRECTORY_DEFAULTS, roomNotFound } from './directory.js';
export type { Account, DirectoryOptions } from './directory.js';
export {
  actingUser,
  actorOf,
  deviceOf,
  identityMismatch,
  isServer,
  liveUser,
  names,
  settleCaller,
  viewerOf,
} from './caller.js';
export type { Caller } from './caller.js';
export { busActions, executorFor, onlyOnConnections } from './executor.js';
export type { FilePorts } from './file.ports.js';
export type { MediaPorts } from './media.ports.js';
export type { ActionContext, Actions, ConnectionIntent } from './actions.js';
export { viewOf } from './room.actions.js';
export { watchIdentity } from './identity-watch.js';
export { SILENCE_MS } from './signal.actions.js';
export { admitWithin, RateLimits } from './rate-limits.js';
export type { RateSettings } from './rate-limits.js';
