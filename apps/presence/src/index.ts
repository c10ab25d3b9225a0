export { presenceConfig, presenceFragments } from './presence.config.js';
export type { PresenceSettings } from './presence.config.js';
export { PresenceModule } from './presence.module.js';
