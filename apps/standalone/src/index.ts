export { standalone } from './standalone.js';
export { STANDALONE_DEFAULTS } from './standalone.config.js';
