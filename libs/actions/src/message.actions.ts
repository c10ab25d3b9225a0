import { deleteMessage, editMessage, getRoom, listMessages, markReceipt, sendMessage } from '@parlance/contracts';
import { isEmptyDraft, ParlanceError, snapshotOf } from '@parlance/domain';
import { actingUser, actorOf, viewerOf } from './caller.js';
import type { ActionContext, Actions } from './actions.js';

type MessageIntent = 'message.send' | 'message.edit' | 'message.delete' | 'message.list' | 'receipt.mark';

export function messageActions({ bus, directory, newId, maxTextChars }: ActionContext): Pick<Actions, MessageIntent> {
  return {
    'message.send': async (caller, { room, clientMessageId, draft }, timeoutMs) => {
      const sender = actingUser(caller);
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
      requireShort(text);
      const edited = await bus.request(editMessage, {
        tenantId: caller.tenant.id,
        actor: actorOf(caller),
        origin: caller.origin,
        messageId,
        type: messageType,
        text,
        attachment,
        metadata,
      });
      return { ...edited, sender: await directory.user(caller.tenant.id, { id: edited.message.senderId }) };
    },
    'message.delete': (caller, { messageId }) =>
      bus.request(deleteMessage, {
        tenantId: caller.tenant.id,
        actor: actorOf(caller),
        origin: caller.origin,
        messageId,
      }),
    'message.list': async (caller, { room, afterSeq, beforeSeq, skip, limit, visibleOnly }) => {
      const tenantId = caller.tenant.id;
      const viewerId = viewerOf(caller);
      const { id: roomId } = await directory.room(tenantId, room);
      const [state, page] = await Promise.all([
        bus.request(getRoom, { tenantId, viewerId, roomId }),
        bus.request(listMessages, {
          tenantId,
          viewerId,
          roomId,
          afterSeq,
          beforeSeq,
          skip: skip ?? 0,
          limit,
          visibleOnly: visibleOnly ?? false,
        }),
      ]);
      const senders = await directory.usersById(
        tenantId,
        page.messages.map((message) => message.senderId),
      );
      return { ...page, senders, members: state.members, room: state.room };
    },
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

  function requireShort(text: string | null | undefined): void {
    if ((text?.length ?? 0) <= maxTextChars) return;
    throw new ParlanceError('too-large', `A message has at most ${maxTextChars} characters.`);
  }
}
