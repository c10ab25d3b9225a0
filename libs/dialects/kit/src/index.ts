export { frame, NO_REPLY } from './frame.js';
export type { Audience, Delivery, Except, Frame, FrameEncoding, Reply } from './frame.js';
export { httpRoute, httpSteps, ignored, inboundEvent, parseInput, rendered } from './define.js';
export { numberField, readJson } from './fields.js';
export { PAYLOAD_BOUNDS } from './dialect.js';
export type {
  ConnectRefusal,
  Dialect,
  DomainEvent,
  DomainEventOf,
  DomainEventType,
  Handshake,
  Ignored,
  InboundContext,
  InboundEvent,
  Opening,
  OutboundTable,
  RateClass,
  Renderer,
  Translation,
  View,
} from './dialect.js';
export type {
  Become,
  HttpAnswer,
  HttpCompanion,
  HttpRequest,
  HttpRoute,
  HttpTranslation,
  UploadedFile,
} from './http.js';
export type {
  BlockView,
  CallView,
  Claim,
  Execute,
  Intent,
  IntentMap,
  IntentOf,
  IntentType,
  ListedRoom,
  MessagePage,
  ResultOf,
  RoomKey,
  RoomView,
  SentMessage,
  UpTo,
} from './intent.js';
export { sampleEvents } from './samples/events.js';
export { sampleMessage, sampleRoomView, sampleStamp, sampleUser, sampleView } from './samples/values.js';
