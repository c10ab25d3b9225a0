export { ERROR_CODES, isErrorCode, ParlanceError, toParlanceError } from './error/parlance-error.js';
export type { ErrorCode, ErrorDetails } from './error/parlance-error.js';
export { decodeToken, encodeToken, idSchema, instantSchema, objectIdMaker } from './id/id.js';
export type { IdSource } from './id/id.js';
export { jsonProblem, metadataSchema } from './json/json.js';
export type { JsonBounds, Metadata } from './json/json.js';
export { snapshotOf, userFieldsSchema, userRefSchema, userSchema, userSnapshotSchema } from './user/user.js';
export type { User, UserFields, UserRef, UserSnapshot } from './user/user.js';
export { payloadIdentitySchema, tenantFieldsSchema, tenantSchema } from './tenant/tenant.js';
export type { PayloadIdentity, Tenant, TenantFields } from './tenant/tenant.js';
export { credentialKindSchema, verifiedCredentialSchema } from './principal/principal.js';
export type { CredentialKind, VerifiedCredential } from './principal/principal.js';
export {
  mayManage,
  memberSchema,
  roleSchema,
  roomKindSchema,
  roomSchema,
  roomStampSchema,
  roomStateSchema,
} from './room/room.js';
export type { Member, Role, Room, RoomKind, RoomStamp, RoomState } from './room/room.js';
export {
  attachmentSchema,
  draftSchema,
  extrasSchema,
  infoActionSchema,
  infoSchema,
  isEmptyDraft,
  messageSchema,
  messageTypeSchema,
  textDraft,
} from './message/message.js';
export type { Attachment, Draft, Extras, Info, InfoAction, Message, MessageType } from './message/message.js';
export { factSchema, headSchema } from './fact/fact.js';
export type { Fact, FactOf, FactType, Head } from './fact/fact.js';
export {
  presenceShownSchema,
  receiptChangedSchema,
  refreshRequestedSchema,
  signalSchema,
  typingChangedSchema,
  typingStatusSchema,
} from './signal/signal.js';
export type {
  PresenceShown,
  ReceiptChanged,
  RefreshRequested,
  Signal,
  TypingChanged,
  TypingStatus,
} from './signal/signal.js';
export { callReasonSchema, callRecordSchema, callSchema, callStateSchema, participationSchema } from './call/call.js';
export type { Call, CallReason, CallRecord, CallState, Participation } from './call/call.js';
export { connectionDevice, holdsDescription, isConnectionDevice } from './call/call-device.js';
export { advanceCall, busyCall, participantOf, peerOf, startCall } from './call/call-machine.js';
export type {
  CallMoment,
  CallParticipant,
  CallProgress,
  CallStart,
  CallTimes,
  CallTrigger,
} from './call/call-machine.js';
export { scoreActionSchema, scoreDaySchema, weekdaySchema } from './score/score.js';
export type { ScoreAction, ScoreDay, Weekday } from './score/score.js';
export {
  DEFAULT_SCORE_RULES,
  DIRECT_MESSAGE,
  factTypeSchema,
  REEL_SEEN,
  ruleActionSchema,
  scoreRulesSchema,
} from './score/score-rules.js';
export type { RuleAction, ScoreRules } from './score/score-rules.js';
export {
  leaderboardPeriodSchema,
  leaderboardPlaceSchema,
  ledgerEntrySchema,
  MAX_FACTS,
  scoreFactSchema,
  scoreVerdictSchema,
  versionedRulesSchema,
} from './score/ledger.js';
export type {
  LeaderboardPeriod,
  LeaderboardPlace,
  LedgerEntry,
  ScoreFact,
  ScoreVerdict,
  VersionedRules,
} from './score/ledger.js';
export { rewardFieldsSchema, rewardOutcomeSchema, rewardSchema, rewardTakenSchema } from './reward/reward.js';
export type { Reward, RewardFields, RewardTaken } from './reward/reward.js';
export { DEFAULT_ROOM_PREFERENCES, jsonValueSchema, roomPreferencesSchema } from './preference/preference.js';
export type { JsonValue, RoomPreferences } from './preference/preference.js';
export { invitationSchema, invitationStateSchema } from './invitation/invitation.js';
export type { Invitation, InvitationState } from './invitation/invitation.js';
export { streamAdvancedSchema } from './stream/stream.js';
export type { StreamAdvanced } from './stream/stream.js';
export { storedFileSchema } from './file/file.js';
export type { StoredFile } from './file/file.js';
export { userEventSchema } from './user-event/user-event.js';
export type { UserEvent, UserEventOf, UserEventType } from './user-event/user-event.js';
