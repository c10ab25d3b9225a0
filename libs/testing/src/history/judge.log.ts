import type { HistoryIndex, SendRecord } from './history.index.js';
import type { RoomLog, Stored } from './room-log.js';
import type { Problems } from './verdict.js';

/** What the log of a room alone, and what senders were told of it, must fulfil. */
export function judgeLog(log: RoomLog, index: HistoryIndex, problems: Problems): void {
  judgeSequence(log, problems);
  judgeKeys(log, problems);
  const sends = [...index.sends.values()].filter((send) => send.room === log.room);
  for (const send of sends) judgeSend(log, send, index, problems);
  judgeSendOrder(log, sends, problems);
}

function judgeSequence({ room, entries }: RoomLog, problems: Problems): void {
  entries.forEach((entry, place) => {
    const before = entries[place - 1];
    const expected = (before?.seq ?? 0) + 1;
    const keys = [entry.key ?? entry.id];
    if (entry.seq !== expected) {
      problems.add({ rule: 'log-seq', room, keys, detail: `seq ${entry.seq} stands where ${expected} belongs` });
    }
    if (before !== undefined && Date.parse(entry.createdAt) < Date.parse(before.createdAt)) {
      const detail = `createdAt ${entry.createdAt} follows ${before.createdAt}`;
      problems.add({ rule: 'log-time', room, keys, detail });
    }
  });
}

function judgeKeys({ room, entries, byKey }: RoomLog, problems: Problems): void {
  for (const entry of entries) {
    if (entry.key === null || entry.send === null) continue;
    const first = byKey.get(entry.key);
    if (first === undefined || first === entry) continue;
    const detail = `stored as seq ${first.seq} and again as seq ${entry.seq}`;
    problems.add({ rule: 'stored-twice', room, client: entry.send.client, keys: [entry.key], detail });
  }
}

function judgeSend(log: RoomLog, send: SendRecord, index: HistoryIndex, problems: Problems): void {
  const { room, byKey } = log;
  const entry = byKey.get(send.key);
  const about = { room, client: send.client, keys: [send.key] };
  if (send.messageIds.size > 1) {
    problems.add({ rule: 'answers-differ', ...about, detail: `acknowledged as ${[...send.messageIds].join(' and ')}` });
  }
  if (entry === undefined) {
    // a deleted one of a dialect without ids cannot be found by its key any more
    if (send.ackedAt === null || index.deleted.has(send.key)) return;
    return problems.add({ rule: 'acked-not-stored', ...about, detail: 'acknowledged, and not in the log' });
  }
  if (send.refused) problems.add({ rule: 'refused-but-stored', ...about, detail: `stored as seq ${entry.seq}` });
  if (send.messageIds.size > 0 && !send.messageIds.has(entry.id)) {
    const detail = `acknowledged as ${[...send.messageIds].join()}, stored as ${entry.id}`;
    problems.add({ rule: 'answers-differ', ...about, detail });
  }
}

/** A message that was sent again may rightly have been overtaken. */
function judgeSendOrder({ room, byKey }: RoomLog, sends: readonly SendRecord[], problems: Problems): void {
  const newest = new Map<string, Stored & { readonly send: SendRecord }>();
  for (const send of [...sends].sort((one, other) => one.sentAt - other.sentAt)) {
    const entry = byKey.get(send.key);
    if (entry === undefined || send.attempts > 1) continue;
    const before = newest.get(send.connection);
    if (before !== undefined && entry.seq < before.seq) {
      const detail = `${send.connection} sent ${before.send.key} first, the log has it later`;
      problems.add({ rule: 'send-order', room, client: send.client, keys: [before.send.key, send.key], detail });
      continue;
    }
    newest.set(send.connection, { ...entry, send });
  }
}
