export { chaosRun, quietRooms } from './chaos.js';
export { conversation } from './conversation.js';
