import type { Execute, HttpRoute, IntentOf } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import type { Message, RoomPreferences } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { isShown } from '../attachment.js';
import { wireMessage } from '../message.js';
import { NAME } from '../wire.js';
import { claimOf, DONE, offsetOf, ok, pageOf, self, shownRoom } from './answer.js';
import {
  flag,
  identifier,
  identifiers,
  jsonField,
  nameText,
  optionalText,
  paging,
  plainObject,
  roomParam,
} from './fields.js';
import { storedPicture } from './file.steps.js';

const ROOT = '/api/v2/channel';

async function shown(execute: Execute, room: string, viewerId: string): Promise<object> {
  return shownRoom(execute, await execute({ type: 'room.show', room }), viewerId);
}

const peerRoom = httpSteps({
  method: 'post',
  path: `${ROOT}/peer-room/:identifier`,
  body: 'none',
  summary: 'The room of the caller with one other user, made if there is none.',
  schema: z.object({ params: z.object({ identifier }) }),
  claim: claimOf,
  asks: 'room.create',
  run: async (execute, { params }) => {
    const me = await self(execute);
    if (params.identifier === me.identifier) throw new ParlanceError('invalid', 'identifier: is your own');
    const members = [{ id: me.id }, { identifier: params.identifier }];
    const { room } = await execute({ type: 'room.create', kind: 'direct', members });
    return ok(await shown(execute, room.id, me.id));
  },
});

const only = optionalText(flag);
const ROOM_KINDS = { s: 'direct', g: 'group', b: 'broadcast' } as const;
const listQuery = z.object({
  ...paging,
  title: optionalText(z.string().max(256)),
  roomType: optionalText(z.enum(['s', 'g', 'b', 'o'])),
  mutedOnly: only,
  archiveOnly: only,
  deletedOnly: only,
});

/** An archived room is out of the list until it is asked for, by its kind, its title or another mark. */
function listIntent(query: z.output<typeof listQuery>): IntentOf<'room.list'> {
  const { title, roomType, mutedOnly = false, archiveOnly = false, deletedOnly = false } = query;
  const isPlain = title === undefined && !mutedOnly && !deletedOnly;
  return {
    type: 'room.list',
    withMessagesOnly: false,
    title,
    kinds: roomType === undefined || roomType === 'o' ? undefined : [ROOM_KINDS[roomType]],
    muted: mutedOnly ? true : undefined,
    archived: archiveOnly ? true : isPlain ? false : undefined,
    hidden: deletedOnly ? true : undefined,
    offset: offsetOf(query),
    limit: query.limit,
  };
}

const listRooms = httpSteps({
  method: 'get',
  path: ROOT,
  body: 'none',
  summary: 'The rooms of the caller, the most recent first, a page at a time.',
  schema: z.object({ query: listQuery }),
  claim: claimOf,
  asks: 'room.list',
  run: async (execute, { query }) => {
    // there are no order rooms here
    if (query.roomType === 'o') return pageOf([], query, 0);
    const me = await self(execute);
    const { rooms, total } = await execute(listIntent(query));
    const docs = await Promise.all(rooms.map((listed) => shownRoom(execute, listed, me.id)));
    return pageOf(docs, query, total);
  },
});

const getRoom = httpSteps({
  method: 'get',
  path: `${ROOT}/:roomId`,
  body: 'none',
  summary: 'One room.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  asks: 'room.show',
  run: async (execute, { params }) => ok(await shown(execute, params.roomId, (await self(execute)).id)),
});

/** For the caller alone: its messages go, and the room leaves the list until somebody writes again. */
const deleteRoom = httpSteps({
  method: 'delete',
  path: `${ROOT}/:roomId`,
  body: 'none',
  summary: 'Deletes a room for the caller alone.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  asks: 'room.preferences',
  run: async (execute, { params: { roomId } }) => {
    await execute({ type: 'message.hide', room: roomId, messageIds: [], all: true });
    await execute({ type: 'room.preferences', room: roomId, patch: { hidden: true } });
    return DONE;
  },
});

const nothing = z.unknown();

/** A call that changes how the caller wants to see one room. */
function preference<B>(
  word: string,
  summary: string,
  body: z.ZodType<B>,
  patch: (body: B) => Partial<RoomPreferences>,
): HttpRoute {
  return httpRoute<'room.preferences'>()({
    method: 'patch',
    path: `${ROOT}/:roomId/${word}`,
    body: 'json',
    summary,
    schema: z.object({ params: roomParam, body }),
    claim: claimOf,
    intent: (input) => ({ type: 'room.preferences', room: input.params.roomId, patch: patch(input.body) }),
    answer: () => DONE,
  });
}

const oneSeen = (isOn: boolean) => () => ({ extras: { [NAME]: { oneSeen: isOn } } });

const preferences: readonly HttpRoute[] = [
  preference('notification/mute', 'Mutes a room.', nothing, () => ({ muted: true })),
  preference('notification/un-mute', 'Unmutes a room.', nothing, () => ({ muted: false })),
  preference('archive', 'Archives a room.', nothing, () => ({ archived: true })),
  preference('un-archive', 'Takes a room out of the archive.', nothing, () => ({ archived: false })),
  preference(
    'nick-name',
    "Sets the caller's own name of a room; an empty one takes it away.",
    z.object({ name: optionalText(nameText) }),
    ({ name }) => ({ nickname: name ?? null }),
  ),
  preference('one-seen/on', 'Notes that messages here are to be seen once.', nothing, oneSeen(true)),
  preference('one-seen/off', 'Takes that note back.', nothing, oneSeen(false)),
  preference(
    'translate',
    'Notes into which language a room is translated.',
    z.object({ transTo: z.string().min(1).max(32) }),
    ({ transTo }) => ({ translateTo: transTo }),
  ),
  preference('translate/stop', 'Stops the translation of a room.', nothing, () => ({ translateTo: null })),
];

const deliver = httpRoute<'receipt.mark'>()({
  method: 'patch',
  path: `${ROOT}/:roomId/deliver`,
  body: 'none',
  summary: 'Marks what is in a room as delivered to the caller.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'receipt.mark', room: params.roomId, upTo: { latest: true }, kind: 'delivered' }),
  answer: () => DONE,
});

const unread = httpRoute<'room.show'>()({
  method: 'get',
  path: `${ROOT}/:roomId/un-read-count`,
  body: 'none',
  summary: 'How many messages of a room the caller has not read.',
  schema: z.object({ params: roomParam }),
  claim: claimOf,
  intent: ({ params }) => ({ type: 'room.show', room: params.roomId }),
  answer: (listed) => ok(listed.unread),
});

const preview = httpRoute<'link.preview'>()({
  method: 'get',
  path: '/api/v2/url-preview',
  body: 'none',
  summary: 'What a web page says of itself.',
  schema: z.object({ query: z.object({ url: z.string().min(1).max(2048) }) }),
  claim: claimOf,
  intent: ({ query }) => ({ type: 'link.preview', url: query.url }),
  answer: ({ url, title, description, images, favicons }) => ok({ url, title, description, images, favicons }),
});

const starred = httpRoute<'message.search'>()({
  method: 'get',
  path: `${ROOT}/messages/stars`,
  body: 'none',
  summary: 'The starred messages of the caller, of all rooms, the newest first.',
  schema: z.object({ query: z.object(paging) }),
  claim: claimOf,
  intent: ({ query }) => ({ type: 'message.search', starredOnly: true, offset: offsetOf(query), limit: query.limit }),
  answer: ({ messages, senders, replied, total }, { query }) => {
    const docs = messages.filter(isShown).map((message: Message) =>
      wireMessage(message, {
        senderOf: (id) => senders.get(id),
        replied: message.replyTo === null ? null : replied.get(message.replyTo),
        starred: true,
      }),
    );
    return pageOf(docs, query, total);
  },
});

const groupBody = z.object({
  groupName: nameText,
  identifiers,
  extraData: optionalText(jsonField(plainObject)),
});
const broadcastBody = z.object({ broadcastName: nameText, identifiers });

/** A picture is stored before the room is made: the room's first message names it already. */
function creation<B>(
  kind: 'group' | 'broadcast',
  body: z.ZodType<B>,
  read: (body: B) => {
    readonly name: string;
    readonly identifiers: readonly string[];
    readonly extraData?: object | undefined;
  },
): HttpRoute {
  return httpSteps({
    method: 'post',
    path: `${ROOT}/${kind}`,
    body: 'form',
    summary: kind === 'group' ? 'Makes a group.' : 'Makes a list of recipients, each of whom gets copies.',
    schema: z.object({ body }),
    claim: claimOf,
    asks: 'room.create',
    run: async (execute, input, request) => {
      const me = await self(execute);
      const { name, identifiers: named, extraData } = read(input.body);
      const others = [...new Set(named)].filter((one) => one !== me.identifier).map((one) => ({ identifier: one }));
      const { room } = await execute({
        type: 'room.create',
        kind,
        name,
        photo: await storedPicture(execute, request),
        members: [{ id: me.id }, ...others],
        extras: extraData === undefined ? undefined : { [NAME]: { extraData } },
      });
      return ok(await shown(execute, room.id, me.id));
    },
  });
}

/** Fixed paths stand before those with a parameter. */
export const channelRoutes: readonly HttpRoute[] = [
  starred,
  peerRoom,
  creation('group', groupBody, ({ groupName, ...rest }) => ({ name: groupName, ...rest })),
  creation('broadcast', broadcastBody, ({ broadcastName, ...rest }) => ({ name: broadcastName, ...rest })),
  listRooms,
  getRoom,
  deleteRoom,
  ...preferences,
  deliver,
  unread,
  preview,
];
