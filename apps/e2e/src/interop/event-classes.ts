import {
  keyed,
  NotInDialect,
  refFor,
  type ChatClient,
  type ChatUser,
  type EventClassName,
  type NativeApi,
  type WorldRoom,
} from '@parlance/testing';
import { z } from 'zod';

/** Two people at two dialects: `actor` does something, `witness` hears of it. Both are in both rooms; `actor` owns the group. */
export interface Pair {
  readonly api: NativeApi;
  readonly actor: ChatClient;
  readonly witness: ChatClient;
  readonly direct: WorldRoom;
  readonly group: WorldRoom;
  /** in a direct room with the witness alone, connected nowhere */
  readonly guest: ChatUser;
  /** A client of the actor's dialect. */
  readonly enter: (user: ChatUser) => Promise<ChatClient>;
  /** in neither room, connected nowhere */
  readonly stranger: ChatUser;
  /** unique within the run */
  readonly unique: () => string;
}

/** What was done, and what a frame that tells of it mentions: one of these. */
export interface Deed {
  readonly mentions: readonly string[];
}

/**
 * How a class of events is caused; what the witness must see is read from its dialect's own outbound table. `cause`: does it, by the
 * actor's own wire where that has a word, else by the native API as the actor.
 */
export interface EventClass {
  readonly name: EventClassName;
  readonly cause: (pair: Pair) => Promise<Deed>;
}

const identified = z.object({ id: z.string() });

async function send({ actor, direct, unique }: Pair): Promise<{ readonly id: string; readonly text: string }> {
  const text = keyed(unique(), 'between two dialects');
  return { id: await sent(actor, direct, text), text };
}

/** The id as its own dialect tells it, or null. */
async function sent(actor: ChatClient, room: WorldRoom, text: string): Promise<string> {
  const outcome = await actor.send(refFor(room, actor.user), text);
  if (outcome.status !== 'acked') throw new Error(`${actor.name}: not sent, ${outcome.code}`);
  return outcome.messageId ?? '';
}

/** Where the wire has no word for it, the app's server does it for the user. */
async function byWireOr(wire: () => Promise<void>, native: () => Promise<unknown>): Promise<void> {
  try {
    await wire();
  } catch (error) {
    if (!(error instanceof NotInDialect)) throw error;
    await native();
  }
}

async function newestOf({ api, direct }: Pair): Promise<string> {
  const messages = await api.messages(direct.id);
  return messages.at(-1)?.id ?? '';
}

export const CAUSES: readonly EventClass[] = [
  {
    name: 'message',
    cause: async (pair) => ({ mentions: [(await send(pair)).text] }),
  },
  {
    name: 'edit',
    cause: async (pair) => {
      const { actor, api, direct, unique } = pair;
      await send(pair);
      const id = await newestOf(pair);
      const text = keyed(unique(), 'edited');
      await byWireOr(
        () => actor.edit(refFor(direct, actor.user), id, text),
        () => api.editMessage(id, { text, by: actor.user.id }),
      );
      return { mentions: [text] };
    },
  },
  {
    name: 'delete',
    cause: async (pair) => {
      const { actor, api, direct } = pair;
      await send(pair);
      const id = await newestOf(pair);
      await byWireOr(
        () => actor.remove(refFor(direct, actor.user), id),
        () => api.deleteMessage(id, actor.user.id),
      );
      return { mentions: [id] };
    },
  },
  {
    name: 'receipts',
    cause: async (pair) => {
      const { actor, witness, api, direct, unique } = pair;
      const { id, seq } = await api.send(direct.id, { senderId: witness.user.id, text: keyed(unique(), 'read this') });
      await byWireOr(
        () => actor.markRead(refFor(direct, actor.user), id),
        () => api.read(direct.id, actor.user.id, seq),
      );
      return { mentions: [id, direct.id] };
    },
  },
  {
    name: 'typing',
    cause: async ({ actor, direct }) => {
      await actor.typing(refFor(direct, actor.user), true);
      return { mentions: [direct.id, actor.user.id] };
    },
  },
  {
    name: 'membership',
    cause: async ({ api, actor, group, stranger }) => {
      await api.other('POST', ['rooms', group.id, 'members'], { userIds: [stranger.id], by: actor.user.id });
      await api.other('DELETE', ['rooms', group.id, 'members', stranger.id], undefined, { by: actor.user.id });
      return { mentions: [stranger.id] };
    },
  },
  {
    name: 'room change',
    cause: async ({ api, actor, group, unique }) => {
      const name = `Renamed ${unique()}`;
      await api.other('PATCH', ['rooms', group.id], { name, by: actor.user.id });
      return { mentions: [name] };
    },
  },
  {
    name: 'block',
    cause: async ({ api, actor, witness, direct }) => {
      const path = ['users', actor.user.id, 'blocks', witness.user.id];
      await api.other('PUT', path, {});
      await api.other('DELETE', path);
      return { mentions: [direct.id, actor.user.id] };
    },
  },
  {
    name: 'presence',
    cause: async ({ guest, enter }) => {
      await enter(guest);
      return { mentions: [guest.id] };
    },
  },
  {
    name: 'preferences',
    cause: async ({ api, witness, direct, unique }) => {
      const key = `key-${unique()}`;
      await api.other('PUT', ['users', witness.user.id, 'preferences', key], { value: { folder: key } });
      await api.other('PUT', ['rooms', direct.id, 'preferences'], { folder: key, userId: witness.user.id });
      return { mentions: [key] };
    },
  },
  {
    name: 'invitation',
    cause: async ({ api, actor, witness, stranger }) => {
      const memberIds = [actor.user.id, stranger.id];
      const { id } = await api.createRoom({ kind: 'group', memberIds, createdBy: actor.user.id });
      await api.other('POST', ['rooms', id, 'invitations'], { userIds: [witness.user.id], by: actor.user.id });
      return { mentions: [id] };
    },
  },
  {
    name: 'streaming',
    cause: async ({ api, actor, direct, unique }) => {
      const stream = await api.other('POST', ['rooms', direct.id, 'streams'], { senderId: actor.user.id });
      const { messageId } = z.object({ messageId: z.string() }).parse(stream);
      const text = `streamed-${unique()}`;
      await api.other('POST', ['streams', messageId, 'chunks'], { index: 0, text });
      identified.parse(await api.other('POST', ['streams', messageId, 'finish'], {}));
      return { mentions: [text, messageId] };
    },
  },
];

/** Ends the witness's account, so it comes last. */
export const TERMINATION: EventClass = {
  name: 'termination',
  cause: async ({ api, witness, unique }) => {
    const message = `Closed ${unique()}`;
    await api.other('POST', ['users', witness.user.id, 'terminate'], { message });
    return { mentions: [message] };
  },
};
