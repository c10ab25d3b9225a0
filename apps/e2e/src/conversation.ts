import { keyed, refFor, type ChatClient, type ChatEvent, type Stack } from '@parlance/testing';
import { stage } from './people.js';

/** What each of two vendors' unmodified clients saw of one conversation. */
export interface Conversation {
  readonly acked: readonly string[];
  readonly stringSide: readonly string[];
  readonly numericSide: readonly string[];
  readonly typing: string | null;
  readonly edited: string | null;
  readonly deleted: string | null;
  readonly read: string | null;
  readonly messageId: string | null;
}

/** The published SDK and a client of the 2.x era, at different gateways where there are two, hold a conversation in one room. */
export async function conversation(stack: Stack, kind: 'direct' | 'group'): Promise<Conversation> {
  const play = stage(stack);
  try {
    const [ann, seven, bob] = [await play.world.user('ann'), await play.world.user('7'), await play.world.user('bob')];
    const room = await play.world.room(kind === 'direct' ? [ann, seven] : [ann, seven, bob], kind);
    const annSdk = await play.sdk(ann, 0);
    const old = await play.classic(seven, 1);
    const other = kind === 'direct' ? await play.socket(ann, 1) : await play.sdk(bob, 1);
    for (const client of [annSdk, old, other]) await client.openRoom(refFor(room, client.user));
    const heard = { stringSide: heardBy(other), numericSide: heardBy(old) };
    const acked: string[] = [];
    for (const [client, text] of [
      [annSdk, keyed('k1', 'hello')],
      [old, keyed('k2', 'hello yourself')],
      [annSdk, keyed('k3', 'how is it going')],
    ] as const) {
      const echo = both(heard.stringSide, heard.numericSide, text);
      const outcome = await client.send(refFor(room, client.user), text);
      acked.push(outcome.status);
      await echo;
    }
    const shown = refFor(room, other.user);
    const typing = other.nextEvent(({ type }) => type === 'typing');
    await annSdk.typing(refFor(room, ann), true);
    const typist = (await typing).user;
    const [first] = await play.api.messages(room.id);
    const messageId = first?.id ?? '';
    const edit = other.nextEvent(({ type }) => type === 'edited');
    await annSdk.edit(refFor(room, ann), messageId, keyed('k1', 'hello, edited'));
    const edited = (await edit).text;
    const read = annSdk.nextEvent(({ type }) => type === 'read');
    await other.markRead(shown, messageId);
    const readId = (await read).messageId;
    const deletion = other.nextEvent(({ type }) => type === 'deleted');
    await annSdk.remove(refFor(room, ann), messageId);
    const deleted = (await deletion).messageId;
    return {
      acked,
      stringSide: heard.stringSide.texts,
      numericSide: heard.numericSide.texts,
      typing: typist,
      edited,
      deleted,
      read: readId,
      messageId,
    };
  } finally {
    await play.end();
  }
}

interface Hearing {
  readonly texts: string[];
  readonly until: (text: string) => Promise<void>;
}

function heardBy(client: ChatClient): Hearing {
  const texts: string[] = [];
  client.onEvent((event: ChatEvent) => {
    if (event.type === 'message' && event.text !== null) texts.push(event.text);
  });
  return {
    texts,
    until: async (text) => {
      if (!texts.includes(text)) await client.nextEvent((event) => event.type === 'message' && event.text === text);
    },
  };
}

async function both(one: Hearing, other: Hearing, text: string): Promise<void> {
  await Promise.all([one.until(text), other.until(text)]);
}
