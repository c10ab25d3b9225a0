export { EVENT_TYPES, sampleEvents } from './samples/events.js';
export type { EventSamples } from './samples/events.js';
export {
  FOREIGN_SECRET,
  sampleCall,
  sampleCallRecord,
  sampleFactBase,
  sampleInfo,
  sampleInvitation,
  sampleMember,
  sampleMessage,
  sampleMessages,
  sampleRoom,
  sampleRoomView,
  sampleScoreDay,
  sampleStamp,
  sampleTenant,
  sampleUser,
  sampleView,
} from './samples/values.js';
