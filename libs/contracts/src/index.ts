export { addressesOfRoom, command, event, gathered, query, roomAddress, userAddress } from './contract.js';
export type { EventContract, RequestContract } from './contract.js';
export { countMembers, findAudience, findPeers, markDelivered } from './audience.js';
export {
  acceptCall,
  createCall,
  endCall,
  findActiveCall,
  forgetCalls,
  getCall,
  listCalls,
  noteCallSockets,
  signalCall,
  SOCKET_NOTES,
} from './call.js';
export type { CallOutcome } from './call.js';
export {
  createKey,
  findUsers,
  IDENTITY_CHANGED_ADDRESS,
  identityChanged,
  issueToken,
  listUsers,
  noteSeen,
  putDevice,
  putTenant,
  putUser,
  removeDevice,
  revokeKey,
  revokeTokens,
  sendPush,
  signIn,
  terminateUser,
  verifyCredential,
  verifyUserProof,
} from './identity.js';
export {
  answerInvitation,
  cancelInvitation,
  changeMember,
  clearRoom,
  createInvitations,
  getBlock,
  joinRoom,
  listBans,
  listBlocks,
  listInvitations,
  searchMessages,
  setBan,
  setBlock,
} from './community.js';
export {
  appendStream,
  finishStream,
  getFile,
  getRoomPreferences,
  hideMessages,
  listHidden,
  listPreferences,
  listStreams,
  openStream,
  pinMessage,
  reactToMessage,
  registerFile,
  setPreference,
  setRoomPreferences,
  starMessage,
} from './personal.js';
export {
  addMembers,
  bindSession,
  changedRooms,
  createRoom,
  deleteMessage,
  deleteRoom,
  editMessage,
  findSession,
  getHeads,
  getMessage,
  getRoom,
  listMessages,
  listRooms,
  markReceipt,
  patchRoom,
  pullLog,
  removeMember,
  resolveRooms,
  saveSessions,
  sendMessage,
} from './message.js';
export type { RoomListing } from './message.js';
export { endLease, findPresence, introducePeers, INTRODUCTION_PAGE, REPORT_PAGE, reportLease } from './presence.js';
export { roomPublished } from './publication.js';
export { eventsAfter, listConnected, LOG_START, logCursorSchema } from './events.js';
export type { LogCursor } from './events.js';
export {
  consumeReward,
  createReward,
  explainScore,
  getReward,
  getScore,
  getScoreRules,
  listLeaderboard,
  putScoreRules,
  recomputeScore,
  recordFacts,
} from './gamification.js';
