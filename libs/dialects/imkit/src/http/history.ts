import type { Execute, HttpRoute, MessagePage, ResultOf } from '@parlance/dialect-kit';
import { numberField } from '@parlance/dialect-kit';
import type { Message } from '@parlance/domain';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { isShown, wireMessage } from '../message.js';
import { personIn } from '../people.js';
import { list } from '../reply.js';
import { call, limitField, MAX_LIMIT, roomParams, timeField } from './call.js';
import { requireIn } from './conversation.js';

/** How many pages one answer looks through, at most, for messages that this wire shows. */
const MAX_PAGES = 10;

type Page = Pick<ResultOf<'message.list'>, 'messages' | 'senders' | 'replied'>;

/** Messages of a page as this wire shows them, in the page's order. */
export function wireMessages(messages: readonly Message[], page: Pick<MessagePage, 'senders' | 'replied'>): object[] {
  return messages.flatMap((message) => {
    if (!isShown(message)) return [];
    const answered = message.replyTo === null ? undefined : page.replied.get(message.replyTo);
    const replied =
      answered === undefined ? null : { message: answered, sender: personIn(page.senders, answered.senderId) };
    return wireMessage(message, { sender: personIn(page.senders, message.senderId), replied }) ?? [];
  });
}

interface Range {
  readonly room: string;
  readonly afterSeq?: number | undefined;
  readonly beforeSeq?: number | undefined;
}

/**
 * Up to `limit` messages that are shown: the nearest after `afterSeq`, else the newest before `beforeSeq`. Pages on past what is
 * not shown, so that a short answer means that there is no more.
 */
async function shownIn(execute: Execute, range: Range, limit: number): Promise<Shown> {
  const forward = range.afterSeq !== undefined && range.beforeSeq === undefined;
  let { afterSeq, beforeSeq } = range;
  let collected: Shown = { wire: [], messages: [], total: 0 };
  for (let turn = 0; turn < MAX_PAGES && collected.wire.length < limit; turn += 1) {
    const page = await execute({ type: 'message.list', room: range.room, afterSeq, beforeSeq, limit: MAX_LIMIT });
    const fresh = within(page.messages, range);
    collected = joined(collected, fresh, page, forward);
    const edge = forward ? page.messages.at(-1) : page.messages[0];
    if (edge === undefined || page.messages.length < MAX_LIMIT || fresh.length === 0) break;
    if (forward) afterSeq = edge.seq;
    else beforeSeq = edge.seq;
  }
  return cut(collected, limit, forward);
}

interface Shown {
  /** in the order of seq, like `messages` */
  readonly wire: readonly object[];
  readonly messages: readonly Message[];
  readonly total: number;
}

function joined(
  before: Shown,
  fresh: readonly Message[],
  page: Page & { readonly total: number },
  forward: boolean,
): Shown {
  const messages = fresh.filter(isShown);
  const wire = wireMessages(messages, page);
  return {
    wire: forward ? [...before.wire, ...wire] : [...wire, ...before.wire],
    messages: forward ? [...before.messages, ...messages] : [...messages, ...before.messages],
    total: page.total,
  };
}

function cut({ wire, messages, total }: Shown, limit: number, forward: boolean): Shown {
  const from = forward ? 0 : Math.max(0, wire.length - limit);
  return { wire: wire.slice(from, from + limit), messages: messages.slice(from, from + limit), total };
}

function within(messages: readonly Message[], { afterSeq, beforeSeq }: Range): readonly Message[] {
  return messages.filter(({ seq }) => seq > (afterSeq ?? 0) && seq < (beforeSeq ?? Number.MAX_SAFE_INTEGER));
}

const historyQuery = z.object({
  beforeMessage: idSchema.optional(),
  afterMessage: idSchema.optional(),
  limit: limitField,
  afterTime: timeField.optional(),
  timeRangeField: z.enum(['updatedAt', 'createdAt', 'messageTime']).default('updatedAt'),
  sortOrder: z.string().max(16).optional(),
});
type HistoryQuery = z.output<typeof historyQuery>;

function isAscending(sortOrder: string | undefined): boolean {
  return sortOrder === 'asc' || sortOrder === '1' || sortOrder === 'ascending';
}

/** The newest first, unless asked otherwise. */
function ordered(wire: readonly object[], { sortOrder }: HistoryQuery): object[] {
  return isAscending(sortOrder) ? [...wire] : [...wire].reverse();
}

/**
 * With `sortOrder` the anchor itself comes first: the one client that sends it drops the first item. All others mean what the vendor
 * documents, strictly before or after.
 */
async function around(execute: Execute, room: string, query: HistoryQuery): Promise<readonly [object[], number]> {
  const { beforeMessage, afterMessage, sortOrder, limit } = query;
  const before = beforeMessage === undefined ? null : await requireIn(execute, room, beforeMessage);
  const after = afterMessage === undefined ? null : await requireIn(execute, room, afterMessage);
  const anchor = sortOrder === undefined ? null : (before ?? after);
  const range = { room, beforeSeq: before?.seq, afterSeq: after?.seq };
  const shown = await shownIn(execute, range, anchor === null ? limit : Math.max(1, limit - 1));
  const rest = ordered(shown.wire, query);
  if (anchor === null) return [rest, shown.total];
  const { senders, replied } = await pageAt(execute, room, anchor);
  const [first] = wireMessages([anchor], { senders, replied });
  return [first === undefined ? rest : [first, ...rest], shown.total];
}

function pageAt(execute: Execute, room: string, { seq }: Message): Promise<ResultOf<'message.list'>> {
  return execute({ type: 'message.list', room, beforeSeq: seq + 1, limit: 1 });
}

/** What was written, or changed, after a time: the oldest of it first to be had, so that nothing between is skipped. */
async function since(
  execute: Execute,
  room: string,
  query: HistoryQuery,
  afterTime: string,
): Promise<readonly [object[], number]> {
  const { wire, messages, total } = await shownIn(execute, { room }, MAX_LIMIT * MAX_PAGES);
  const time = ({ createdAt, editedAt, deletedAt }: Message): string =>
    query.timeRangeField === 'updatedAt' ? (deletedAt ?? editedAt ?? createdAt) : createdAt;
  const found = wire.filter((_, index) => {
    const message = messages[index];
    return message !== undefined && Date.parse(time(message)) > Date.parse(afterTime);
  });
  return [ordered(found.slice(0, query.limit), query), total];
}

async function history(execute: Execute, room: string, query: HistoryQuery): Promise<object> {
  const { afterTime } = query;
  const [data, total] =
    afterTime === undefined ? await around(execute, room, query) : await since(execute, room, query, afterTime);
  const { messageIds } = await execute({ type: 'message.hidden', room });
  return { ...list(data, total), userDeletedIDs: messageIds };
}

const getMessagesV3 = call({
  method: 'get',
  path: '/rooms/:id/messages/v3',
  summary: 'Messages of a room, the newest first.',
  schema: z.object({ params: roomParams, query: historyQuery }),
  asks: 'message.list',
  missing: 'ROOM_NOT_FOUND',
  run: async (caller, { params, query }) => history(caller.execute, params.id, query),
});

const getMessages = call({
  method: 'get',
  path: '/rooms/:id/messages',
  summary: 'Messages of a room, the newest first; the older call.',
  schema: z.object({ params: roomParams, query: historyQuery }),
  asks: 'message.list',
  missing: 'ROOM_NOT_FOUND',
  run: async ({ execute }, { params, query }) => {
    const [data, total] = await around(execute, params.id, query);
    return list(data, total);
  },
});

const countField = numberField(z.number().int().min(0).default(0)).transform((count) => Math.min(count, MAX_LIMIT));

const getAround = call({
  method: 'get',
  path: '/rooms/:id/messages/:mid',
  summary: 'A message with those before and after it, the newest first.',
  schema: z.object({
    params: roomParams.extend({ mid: idSchema }),
    query: z.object({ before: countField, after: countField }),
  }),
  asks: 'message.list',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute }, { params, query }) => {
    const { id: room } = params;
    const anchor = await requireIn(execute, room, params.mid);
    const { senders, replied } = await pageAt(execute, room, anchor);
    const none: Shown = { wire: [], messages: [], total: 0 };
    const before = query.before === 0 ? none : await shownIn(execute, { room, beforeSeq: anchor.seq }, query.before);
    const after = query.after === 0 ? none : await shownIn(execute, { room, afterSeq: anchor.seq }, query.after);
    return list([...before.wire, ...wireMessages([anchor], { senders, replied }), ...after.wire].reverse());
  },
});

const getCount = call({
  method: 'get',
  path: '/rooms/:id/count',
  summary: 'How many messages a room has.',
  schema: z.object({ params: roomParams }),
  asks: 'message.list',
  run: async ({ execute }, { params }) => {
    const { total } = await execute({ type: 'message.list', room: params.id, limit: 1, visibleOnly: true });
    return { count: total };
  },
});

export const historyCalls: readonly HttpRoute[] = [getMessagesV3, getMessages, getAround, getCount];
