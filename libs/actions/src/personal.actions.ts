import {
  appendStream,
  finishStream,
  hideMessages,
  listHidden,
  listPreferences,
  openStream,
  setPreference,
  setRoomPreferences,
  starMessage,
} from '@parlance/contracts';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import { actingUser, isServer, viewerOf, type Caller } from './caller.js';
import type { ActionContext, Actions } from './actions.js';

type PersonalIntent =
  | 'preference.list'
  | 'preference.put'
  | 'preference.remove'
  | 'room.preferences'
  | 'message.hide'
  | 'message.hidden'
  | 'message.star'
  | 'stream.open'
  | 'stream.append'
  | 'stream.finish';

/** What a user keeps for itself alone, and the streams of bots. */
export function personalActions({ bus, directory }: ActionContext): Pick<Actions, PersonalIntent> {
  const roomIdOf = async (caller: Caller, room: string): Promise<string> =>
    (await directory.room(caller.tenant.id, room)).id;

  return {
    'preference.list': (caller) => bus.request(listPreferences, self(caller)),
    'preference.put': (caller, { key, value }) => bus.request(setPreference, { ...told(caller), key, value }),
    'preference.remove': (caller, { key }) => bus.request(setPreference, { ...told(caller), key }),
    'room.preferences': async (caller, { room, patch }) =>
      bus.request(setRoomPreferences, { ...told(caller), roomId: await roomIdOf(caller, room), patch }),
    'message.hide': async (caller, { room, messageIds, all }) => {
      const roomId = room === undefined ? {} : { roomId: await roomIdOf(caller, room) };
      return bus.request(hideMessages, { ...told(caller), ...roomId, messageIds: [...messageIds], all: all ?? false });
    },
    'message.hidden': async (caller, { room }) =>
      bus.request(listHidden, { ...self(caller), roomId: await roomIdOf(caller, room) }),
    'message.star': (caller, { messageId, starred }) =>
      bus.request(starMessage, { ...self(caller), messageId, starred }),
    'stream.open': async (caller, { room, replyTo }) => {
      const sender = actingUser(caller);
      if (!sender.isBot && !isServer(caller)) throw new ParlanceError('permission-denied', 'Only a bot opens streams.');
      return bus.request(openStream, {
        tenantId: caller.tenant.id,
        sender: snapshotOf(sender),
        origin: caller.origin,
        roomId: await roomIdOf(caller, room),
        draft: { replyTo: replyTo ?? null },
      });
    },
    'stream.append': (caller, { messageId, index, text }) =>
      bus.request(appendStream, { ...writer(caller), messageId, index, text }),
    'stream.finish': (caller, { messageId, text }) =>
      bus.request(finishStream, { ...writer(caller), messageId, ...(text === undefined ? {} : { text }) }),
  };
}

function self(caller: Caller) {
  return { tenantId: caller.tenant.id, userId: actingUser(caller).id };
}

/** The other devices of the user are told, and the asking one as its dialect likes it. */
function told(caller: Caller) {
  return { ...self(caller), origin: caller.origin };
}

/** Whose streams may be written: the own ones, or, by the server, any. */
function writer(caller: Caller) {
  return { tenantId: caller.tenant.id, senderId: viewerOf(caller) };
}
