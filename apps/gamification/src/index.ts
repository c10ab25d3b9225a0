export { gamificationConfig, gamificationFragments } from './gamification.config.js';
export type { GamificationConfig } from './gamification.config.js';
export { GamificationModule } from './gamification.module.js';
