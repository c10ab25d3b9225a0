import type { HistoryEvent, LogEntry } from './history.events.js';
import type { HistoryIndex } from './history.index.js';
import { indexHistory } from './history.index.js';
import { ClientInRoom, nameOf } from './judge.client.js';
import { judgeLog } from './judge.log.js';
import type { RoomLog } from './room-log.js';
import { roomLog } from './room-log.js';
import type { Verdict } from './verdict.js';
import { Problems } from './verdict.js';

const MAX_PROBLEMS = 1_000;

export interface JudgeOptions {
  /** a room's whole log in the order of `seq`, read once everything has ended; a room nobody knows has none */
  readonly logOf: (room: string) => readonly LogEntry[];
  /** problems told at most; the rest is counted */
  readonly maxProblems?: number | undefined;
}

/**
 * Decides P1 to P3 (and that nothing reaches a non-member) from what the clients saw and what the rooms finally hold. Pure. Throws where
 * the history contradicts itself, such as an outcome of a message nobody sent.
 *
 * - P1: what was acknowledged is stored and reaches every member's client that is connected at the end.
 * - P2: each client sees the order of the log without a gap from its first message on, nothing twice on one connection (across
 *   connections a repeat is right), one connection's messages keep their order, `seq` has no gap, `createdAt` never falls.
 * - P3: one key is stored once at most, under the id that was told; what was refused for good is not stored; nothing is received
 *   that is not stored.
 */
export function judge(history: readonly HistoryEvent[], options: JudgeOptions): Verdict {
  const index = indexHistory(history);
  const problems = new Problems(options.maxProblems ?? MAX_PROBLEMS);
  for (const { client, name, detail } of index.malformed) {
    problems.add({ rule: 'malformed', room: null, client, keys: [], detail: `${name}: ${detail}` });
  }
  for (const room of index.rooms) judgeRoom(roomLog(room, options.logOf(room), index), index, problems);
  return problems.verdict();
}

function judgeRoom(log: RoomLog, index: HistoryIndex, problems: Problems): void {
  judgeLog(log, index, problems);
  for (const view of viewsOf(log, index)) {
    view.walk(problems);
    for (const entry of view.missing()) {
      const detail = `seq ${entry.seq} never came, though its client is connected`;
      problems.add({ rule: 'not-delivered', room: log.room, client: view.name, keys: [nameOf(entry)], detail });
    }
  }
}

/** What connected clients still wait for: empty once everything has arrived, so that a test knows when to end and judge. */
export interface MissingDelivery {
  readonly room: string;
  readonly client: string;
  readonly key: string;
}

export function missingDeliveries(
  history: readonly HistoryEvent[],
  { logOf }: Pick<JudgeOptions, 'logOf'>,
): readonly MissingDelivery[] {
  const index = indexHistory(history);
  const unread = new Problems(0);
  return [...index.rooms].flatMap((room) =>
    viewsOf(roomLog(room, logOf(room), index), index).flatMap((view) => {
      view.walk(unread);
      return view.missing().map((entry) => ({ room, client: view.name, key: nameOf(entry) }));
    }),
  );
}

function viewsOf(log: RoomLog, index: HistoryIndex): readonly ClientInRoom[] {
  return [...index.clients.values()].flatMap((client) => {
    const listener = client.rooms.get(log.room);
    return listener === undefined ? [] : [new ClientInRoom(client, listener, log, index)];
  });
}
