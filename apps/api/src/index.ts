export { apiConfig, apiFragments } from './api.config.js';
export type { ApiSettings } from './api.config.js';
export { ApiModule } from './api.module.js';
