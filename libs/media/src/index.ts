export { turnCredentials } from './turn-credentials.js';
export type { TurnCredentials, TurnOptions, TurnUser } from './turn-credentials.js';
export type { MediaGrant, MediaGrantRequest, MediaProvider } from './media-provider.js';
export { LiveKitProvider, mediaRoomOf } from './livekit.provider.js';
export type { LiveKitOptions } from './livekit.provider.js';
export { openMedia } from './open-media.js';
export type { Media } from './open-media.js';
export { mediaConfig } from './media.config.js';
export type { MediaSettings } from './media.config.js';
