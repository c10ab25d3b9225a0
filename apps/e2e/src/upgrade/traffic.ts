import { setTimeout as pace } from 'node:timers/promises';
import {
  describeVerdict,
  keyed,
  NativeSender,
  Random,
  refFor,
  type ChatClient,
  type ChatUser,
  type HistoryEvent,
  type WorldRoom,
} from '@parlance/testing';
import { settle } from '../chaos.js';
import { CLIENTS, type Play } from '../people.js';

const LONGEST_PAUSE_MS = 400;
/** Of each talker, before a phase begins and after it is over: what is said in between is said by the way. */
const ROUND = 4;
/** Messages that a talker says in one phase at most; then something that it waits for will not happen. */
const MAX_MESSAGES = 2_000;
const MAX_REPEATS = 200;
const PATIENCE_MS = 60_000;

/** Somebody who talks in a room until told to stop. */
interface Talker {
  readonly name: string;
  say(text: string): Promise<void>;
  readonly room: WorldRoom;
}

/** People of all dialects at both gateways, and a server, who talk in a group and a direct room. */
export class Traffic {
  private said = 0;

  private constructor(
    private readonly play: Play,
    private readonly random: Random,
    private readonly rooms: readonly WorldRoom[],
    private readonly talkers: readonly Talker[],
  ) {}

  static async prepare(play: Play, seed: number): Promise<Traffic> {
    const { world } = play;
    const cast: { readonly user: ChatUser; readonly enter: (typeof CLIENTS)[string] }[] = [];
    for (const [dialect, enter] of Object.entries(CLIENTS)) {
      cast.push({ user: await world.user(`${dialect}-${seed}`), enter });
    }
    const people = cast.map(({ user }) => user);
    const [one, other] = people;
    if (one === undefined || other === undefined) throw new Error('There are less than two dialects.');
    const [hall, pair] = [await world.room(people, 'group'), await world.room([one, other], 'direct')];
    const clients = await Promise.all(cast.map(async ({ user, enter }, index) => enter(play, user, index)));
    const two = clients.slice(0, 2);
    for (const client of clients) await client.openRoom(refFor(hall, client.user));
    for (const client of two) await client.openRoom(refFor(pair, client.user));
    const talkers = [
      ...clients.map((client) => clientIn(client, hall)),
      ...two.map((client) => clientIn(client, pair)),
      serverIn(new NativeSender(play.api, play.history, `server-${seed}`, one), hall),
    ];
    return new Traffic(play, new Random(seed), [hall, pair], talkers);
  }

  /**
   * Everybody talks, before, while and after `change` happens; then what each client saw of the whole history so far is judged, in words.
   * @throws Error when the talk comes to a halt
   */
  async during(change: () => Promise<void>): Promise<string> {
    const stop = new AbortController();
    const talks = this.talkers.map(async (talker) => this.talk(talker, stop.signal));
    const work = async (): Promise<void> => {
      await this.round();
      await change();
      await this.round();
    };
    const outcomes = await Promise.allSettled([...talks, work().finally(() => stop.abort())]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return describeVerdict(await settle(this.play, this.rooms, PATIENCE_MS));
  }

  /** The failures that a client cannot know to be worth another attempt: neither "not now" nor a connection that ended. */
  get refusals(): readonly string[] {
    return this.play.history.events
      .filter((event) => event.type === 'failed')
      .filter(({ code, retryable }) => !retryable || !isPassing(code))
      .map(({ client, code }) => `${client}: ${code}`);
  }

  /** Until each talker has been confirmed some messages more. */
  private async round(): Promise<void> {
    const { history } = this.play;
    const from = history.events.length;
    const counts = (): readonly number[] => this.talkers.map(({ name }) => ackedBy(history.events.slice(from), name));
    const missing = (): string =>
      this.talkers
        .filter((_, index) => (counts()[index] ?? 0) < ROUND)
        .map(({ name }) => name)
        .join(', ');
    await history.until(
      () => missing() === '',
      PATIENCE_MS,
      () => `Nothing is confirmed to ${missing()}.`,
    );
  }

  private async talk(talker: Talker, stop: AbortSignal): Promise<void> {
    const random = new Random(this.random.below(2 ** 31));
    for (let n = 0; n < MAX_MESSAGES && !stop.aborted; n += 1) {
      await pace(random.below(LONGEST_PAUSE_MS));
      this.said += 1;
      await talker.say(keyed(`${talker.name}/${talker.room.kind}/${this.said}`, 'words'));
    }
  }
}

/** No dialect lets a client say the same message again: what failed may be stored or not, which the judge looks at. */
function clientIn(client: ChatClient, room: WorldRoom): Talker {
  const say = async (text: string): Promise<void> => {
    await client.whenConnected();
    await client.send(refFor(room, client.user), text);
  };
  return { name: client.name, room, say };
}

/** A customer's server repeats what was not confirmed under its own id until it is. */
function serverIn(sender: NativeSender, room: WorldRoom): Talker {
  const say = async (text: string): Promise<void> => {
    for (let n = 0; n < MAX_REPEATS; n += 1) {
      const outcome = await sender.send(room, text);
      if (outcome.status === 'acked' || !isPassing(outcome.code)) return;
      await pace(LONGEST_PAUSE_MS);
    }
    throw new Error(`${sender.name} could not send ${text} in ${MAX_REPEATS} attempts.`);
  };
  return { name: sender.name, room, say };
}

function ackedBy(events: readonly HistoryEvent[], client: string): number {
  return events.filter((event) => event.type === 'acked' && event.client === client).length;
}

/** As each wire says "unavailable". */
const UNAVAILABLE = [/^unavailable$/, /^503/, /^refused: (?:Nobody serves|\S+ did not answer in time|This )/];
/** As clients say that there was nobody to say it. */
const NOBODY = [/^disconnected$/, /^unreachable$/, /^no connection$/, /^unknown: /, /^http-50[23]$/];

function isPassing(code: string): boolean {
  return [...UNAVAILABLE, ...NOBODY].some((words) => words.test(code));
}
