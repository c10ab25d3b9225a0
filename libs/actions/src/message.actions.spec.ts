import { createInProcessHub, type Bus } from '@parlance/bus';
import { editMessage, findUsers, resolveRooms, sendMessage } from '@parlance/contracts';
import {
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleTenant,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import { textDraft, type CredentialKind, type MessageType } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from './caller.js';
import { Directory } from './directory.js';
import { messageActions } from './message.actions.js';

const ann = sampleUser('ann');
const room = sampleStamp(sampleRoomView());

let edge: Bus;
let service: Bus;
/** the types of what the service was asked to store */
let stored: (MessageType | undefined)[];
let actions: ReturnType<typeof messageActions>;

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  stored = [];
  await service.serve(findUsers, async ({ refs }) => ({ users: refs.map(() => ann), terminated: [] }));
  await service.serve(resolveRooms, async ({ keys }) => ({ rooms: keys.map(() => room) }));
  await service.serve(sendMessage, async ({ draft }) => {
    stored.push(draft.type);
    return { message: sampleMessage({ type: draft.type }), room, repeated: false };
  });
  await service.serve(editMessage, async ({ type }) => {
    stored.push(type);
    return { message: sampleMessage(), room };
  });
  actions = messageActions({ bus: edge, directory: new Directory(edge), newId: () => 'new', maxTextChars: 100 });
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

/** Ann, by her own token, as an app's key claims her, or as the server acts for her. */
function callerOf(kind: CredentialKind): Caller {
  const tenant = sampleTenant({ payloadIdentity: 'trust' });
  const userId = kind === 'user' ? ann.id : null;
  const rest = { deviceId: null, dialect: null, credentialId: 'c1', expiresAt: null };
  return { tenant, user: ann, origin: null, credential: { kind, tenant, userId, ...rest } };
}

const send = (kind: CredentialKind, type: MessageType) =>
  actions['message.send'](callerOf(kind), {
    type: 'message.send',
    room: room.id,
    draft: textDraft('words', { type, attachment: { data: {} } }),
  });

describe.each(['info', 'call'] as const)('a message of type %s', (type) => {
  it.each(['user', 'publishable'] as const)('is refused to a caller with a %s credential', async (kind) => {
    const refusal = { code: 'invalid', details: { fields: { type: expect.any(String) } } };
    await expect(send(kind, type)).rejects.toMatchObject(refusal);
    const edit = { type: 'message.edit', messageId: 'm', messageType: type } as const;
    await expect(actions['message.edit'](callerOf(kind), edit)).rejects.toMatchObject(refusal);
    expect(stored).toEqual([]);
  });

  it('is sent by the server', async () => {
    expect(await send('secret', type)).toMatchObject({ message: { type }, sender: ann });
    expect(stored).toEqual([type]);
  });
});

describe('any other message', () => {
  it.each(['text', 'image', 'file', 'video', 'voice', 'location', 'sticker', 'custom'] as const)(
    'of type %s is sent by users',
    async (type) => {
      for (const kind of ['user', 'publishable'] as const) await send(kind, type);
      expect(stored).toEqual([type, type]);
    },
  );

  it('is changed by users', async () => {
    const edit = { type: 'message.edit', messageId: 'm', text: 'other words' } as const;
    await actions['message.edit'](callerOf('user'), edit);
    expect(stored).toEqual([undefined]);
  });
});
