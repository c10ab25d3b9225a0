export { callConfig, callFragments } from './call.config.js';
export type { CallConfig } from './call.config.js';
export { CallModule } from './call.module.js';
