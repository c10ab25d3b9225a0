export { command, event, query, roomAddress, userAddress } from './contract.js';
export type { EventContract, RequestContract } from './contract.js';
export {
  findUsers,
  IDENTITY_CHANGED_ADDRESS,
  identityChanged,
  issueToken,
  noteSeen,
  putUser,
  verifyCredential,
} from './identity.js';
export {
  addMembers,
  bindSession,
  changedRooms,
  createRoom,
  deleteMessage,
  deleteRoom,
  editMessage,
  findOnline,
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
  roomPublished,
  saveSessions,
  sendMessage,
} from './message.js';
export type { RoomListing } from './message.js';
