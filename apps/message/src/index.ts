export { messageConfig, messageFragments } from './message.config.js';
export type { MessageConfig } from './message.config.js';
export { MessageModule } from './message.module.js';
