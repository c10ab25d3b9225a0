import type { Execute } from '@parlance/dialect-kit';
import type { Message, User } from '@parlance/domain';
import { localIdOf } from '../local-id.js';

/** How far back a local id is looked for. What stands for a message of another wire cannot be turned back into its id. */
const PAGES = 5;
const PAGE = 200;

/** The newest message of a room that the test holds for. Bounded: of 1,000 messages. */
async function newest(execute: Execute, room: string, test: (message: Message) => boolean) {
  let beforeSeq: number | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { messages } = await execute({ type: 'message.list', room, beforeSeq, limit: PAGE });
    const found = messages.findLast(test);
    if (found !== undefined) return found;
    beforeSeq = messages[0]?.seq;
    if (messages.length < PAGE) return null;
  }
  return null;
}

/** The message of a room that a client knows by this local id. */
export function findIn(execute: Execute, room: string, localId: string): Promise<Message | null> {
  return newest(execute, room, (message) => localIdOf(message) === localId);
}

/** The caller's own message with this client id. */
export function findOwn(execute: Execute, room: string, me: User, localId: string): Promise<Message | null> {
  return newest(execute, room, ({ senderId, clientMessageId }) => senderId === me.id && clientMessageId === localId);
}

/** The message of any room of the caller that a client knows by this local id. */
export async function findAnywhere(execute: Execute, localId: string): Promise<Message | null> {
  for (let page = 0; page < PAGES; page++) {
    const { messages } = await execute({ type: 'message.search', offset: page * PAGE, limit: PAGE });
    const found = messages.find((message) => localIdOf(message) === localId);
    if (found !== undefined) return found;
    if (messages.length < PAGE) return null;
  }
  return null;
}
