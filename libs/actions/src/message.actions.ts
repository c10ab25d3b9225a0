import {
  deleteMessage,
  editMessage,
  getMessage,
  getRoom,
  listMessages,
  markReceipt,
  pinMessage,
  reactToMessage,
  searchMessages,
  sendMessage,
} from '@parlance/contracts';
import type { MessagePage } from '@parlance/dialect-kit';
import { isEmptyDraft, ParlanceError, snapshotOf, type Message, type MessageType } from '@parlance/domain';
import { actingUser, actorOf, viewerOf, type Caller } from './caller.js';
import type { ActionContext, Actions } from './actions.js';

type MessageIntent =
  | 'message.send'
  | 'message.edit'
  | 'message.delete'
  | 'message.get'
  | 'message.list'
  | 'message.search'
  | 'message.react'
  | 'message.pin'
  | 'receipt.mark';

/** Messages as the services answer them. */
interface Listed {
  readonly messages: readonly Message[];
  readonly replied: readonly Message[];
  readonly starred: readonly string[];
  readonly total: number;
}

export function messageActions({ bus, directory, newId, maxTextChars }: ActionContext): Pick<Actions, MessageIntent> {
  return {
    'message.send': async (caller, { room, clientMessageId, draft }, timeoutMs) => {
      const sender = actingUser(caller);
      requireOwnType(caller, draft.type);
      requireShort(draft.text);
      if (isEmptyDraft(draft)) throw new ParlanceError('invalid', 'An empty message is not sent.');
      const { id: roomId } = await directory.room(caller.tenant.id, room, timeoutMs);
      const message = {
        tenantId: caller.tenant.id,
        roomId,
        sender: snapshotOf(sender),
        origin: caller.origin,
        clientMessageId: clientMessageId ?? newId(),
        draft,
      };
      const sent = await bus.request(sendMessage, message, { timeoutMs });
      return { ...sent, sender };
    },
    'message.edit': async (caller, { messageId, messageType, text, attachment, metadata }) => {
      requireOwnType(caller, messageType);
      requireShort(text);
      const edited = await bus.request(editMessage, {
        ...command(caller),
        messageId,
        type: messageType,
        text,
        attachment,
        metadata,
      });
      return { ...edited, sender: await directory.user(caller.tenant.id, { id: edited.message.senderId }) };
    },
    'message.delete': (caller, { messageId, extras }) =>
      bus.request(deleteMessage, { ...command(caller), messageId, extras }),
    'message.get': async (caller, { messageId }) => {
      const tenantId = caller.tenant.id;
      const found = await bus.request(getMessage, { tenantId, viewerId: viewerOf(caller), messageId });
      const { senderId } = found.message;
      return { ...found, sender: (await directory.usersById(tenantId, [senderId])).get(senderId) ?? null };
    },
    'message.list': async (caller, { type: _, room, skip, visibleOnly, types, ...filter }) => {
      const tenantId = caller.tenant.id;
      const viewerId = viewerOf(caller);
      const { id: roomId } = await directory.room(tenantId, room);
      const [state, listed] = await Promise.all([
        bus.request(getRoom, { tenantId, viewerId, roomId }),
        bus.request(listMessages, {
          ...filter,
          tenantId,
          viewerId,
          roomId,
          skip: skip ?? 0,
          visibleOnly: visibleOnly ?? false,
          types: types === undefined ? undefined : [...types],
        }),
      ]);
      const page = await pageOf(tenantId, listed);
      return { ...page, members: state.members, room: state.room, lastSeq: listed.lastSeq };
    },
    'message.search': async (caller, { room, text, types, starredOnly, offset, limit }) => {
      const tenantId = caller.tenant.id;
      const roomId = room === undefined ? undefined : (await directory.room(tenantId, room)).id;
      const viewerId = viewerOf(caller);
      const found = await bus.request(searchMessages, {
        ...{ tenantId, viewerId, roomId, text, starredOnly, offset, limit },
        types: types === undefined ? undefined : [...types],
      });
      return pageOf(tenantId, found);
    },
    'message.react': (caller, { messageId, value, present }) =>
      bus.request(reactToMessage, { ...own(caller), messageId, value, present }),
    'message.pin': (caller, { messageId, pinned }) => bus.request(pinMessage, { ...own(caller), messageId, pinned }),
    'receipt.mark': async (caller, { room, upTo, kind }) => {
      const user = snapshotOf(actingUser(caller));
      const tenantId = caller.tenant.id;
      const roomId = room === undefined ? undefined : (await directory.room(tenantId, room)).id;
      return bus.request(markReceipt, {
        tenantId,
        user,
        origin: caller.origin,
        ...(roomId === undefined ? {} : { roomId }),
        upTo,
        kind,
      });
    },
  };

  /** With those who wrote them, also those that are answered. */
  async function pageOf(tenantId: string, { messages, replied, starred, total }: Listed): Promise<MessagePage> {
    const senders = await directory.usersById(
      tenantId,
      [...messages, ...replied].map((message) => message.senderId),
    );
    const byId = new Map(replied.map((message) => [message.id, message]));
    return { messages, senders, replied: byId, starred: new Set(starred), total };
  }

  function requireShort(text: string | null | undefined): void {
    if ((text?.length ?? 0) <= maxTextChars) return;
    throw new ParlanceError('too-large', `A message has at most ${maxTextChars} characters.`);
  }
}

const SYSTEM_TYPES: ReadonlySet<MessageType> = new Set(['info', 'call']);

/** What happened to a room and which calls there were is the server's to say, also where a payload is believed who it is. */
function requireOwnType({ credential }: Caller, type: MessageType | undefined): void {
  if (type === undefined || !SYSTEM_TYPES.has(type) || credential.kind === 'secret') return;
  throw new ParlanceError('invalid', `Messages of type ${type} are the server's.`, {
    fields: { type: 'is the server’s alone' },
  });
}

function command(caller: Caller) {
  return { tenantId: caller.tenant.id, actor: actorOf(caller), origin: caller.origin };
}

function own(caller: Caller) {
  return { tenantId: caller.tenant.id, userId: actingUser(caller).id };
}
