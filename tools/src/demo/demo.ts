import { randomBytes } from 'node:crypto';
import {
  ChatWorld,
  ClassicClient,
  History,
  MinChatSdkClient,
  NativeApi,
  refFor,
  type ChatClient,
} from '@parlance/testing';
import { Columns } from './columns.js';
import { Conversation, type Speaker, type Unseen } from './conversation.js';
import { FrameFeed } from './frame-feed.js';

export interface DemoOptions {
  /** Origins of the running stack: of each gateway, or one. */
  readonly urls: readonly [string, ...string[]];
  /** Of the terminal, in columns. */
  readonly width: number;
  readonly print: (line: string) => void;
  /** Pause between two steps, ms. */
  readonly paceMs?: number | undefined;
}

const SECRET_KEY = 'demo-secret-key';
const PUBLIC_KEY = 'demo-public-key';
const PACE_MS = 300;
const PATIENCE_MS = 3_000;
/** The demo ends within 30 s whatever happens. */
const LIMIT_MS = 25_000;
const ANSWER_MS = 3_000;
const FLUSH_MS = 50;

/** Two clients of different dialects talk in one room of the running stack. The answer is the exit code. */
export async function runDemo({ urls, width, print, paceMs = PACE_MS }: DemoOptions): Promise<0 | 1> {
  const absent = await whatIsMissing(urls);
  if (absent !== null) {
    print(absent);
    return 1;
  }
  const cast = await makeCast(urls);
  const columns = new Columns(width);
  const feed = new FrameFeed(cast.rich.client, cast.plain.client, columns, print);
  print(columns.heading('MinChat: @minchat/js 3.4.0', 'classic: socket.io-client 2.5.0'));
  const timer = setInterval(() => feed.flush(), FLUSH_MS);
  try {
    const conversation = new Conversation(cast.rich, cast.plain, { paceMs, patienceMs: PATIENCE_MS });
    const unseen = await limited(perform(cast, conversation));
    feed.flush();
    print(verdict(unseen, conversation.sent));
    return unseen.length === 0 ? 0 : 1;
  } finally {
    clearInterval(timer);
    await Promise.all([cast.rich, cast.plain].map(({ client }) => client.disconnect()));
  }
}

interface Cast {
  readonly rich: Speaker;
  readonly plain: Speaker;
}

/** New people for every run, so that nothing of an earlier one is heard. */
async function makeCast(urls: DemoOptions['urls']): Promise<Cast> {
  const [first] = urls;
  const history = new History();
  const world = new ChatWorld(new NativeApi(first, SECRET_KEY), history);
  const run = randomBytes(3).toString('hex');
  const mina = await world.user(`mina-${run}`, { name: 'Mina' });
  const carl = await world.user(`carl-${run}`, { name: 'Carl' });
  const room = await world.room([mina, carl]);
  const setup = { history, timeoutMs: PATIENCE_MS };
  const rich = new MinChatSdkClient({ ...setup, name: 'mina', user: mina, url: first, apiKey: PUBLIC_KEY });
  const plain = new ClassicClient({ ...setup, name: 'carl', user: carl, url: urls.at(-1) ?? first });
  return { rich: { client: rich, room: refFor(room, mina) }, plain: { client: plain, room: refFor(room, carl) } };
}

async function perform({ rich, plain }: Cast, conversation: Conversation): Promise<readonly Unseen[]> {
  for (const { client, room } of [rich, plain]) {
    const failed = await enter(client, async () => client.openRoom(room));
    if (failed !== null) return [failed];
  }
  return conversation.run();
}

async function enter(client: ChatClient, openRoom: () => Promise<void>): Promise<Unseen | null> {
  try {
    await client.connect();
    await client.identify();
    await openRoom();
    return null;
  } catch (error) {
    return { client: client.dialect, what: `the room (${wordsOf(error)})` };
  }
}

async function limited(talk: Promise<readonly Unseen[]>): Promise<readonly Unseen[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Unseen[]>((resolve) => {
    const unseen = { client: 'the demo', what: `the end of the talk within ${LIMIT_MS / 1_000} s` };
    timer = setTimeout(() => resolve([unseen]), LIMIT_MS);
  });
  return Promise.race([talk, late]).finally(() => clearTimeout(timer));
}

/** One line with the remedy when a server is not there; null when all are. */
async function whatIsMissing(urls: readonly string[]): Promise<string | null> {
  for (const url of urls) {
    const reason = await absenceOf(url);
    if (reason !== null)
      return `No Parlance at ${url} (${reason}): run npm start in another terminal, or name it with --url or PORT.`;
  }
  return null;
}

async function absenceOf(url: string): Promise<string | null> {
  try {
    const answer = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.ok ? null : `it answers ${answer.status}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'it does not answer' : 'nothing listens there';
  }
}

function verdict(unseen: readonly Unseen[], sent: number): string {
  if (unseen.length === 0) return `\nBoth clients saw all ${sent} messages, each in its own words.`;
  return `\n${unseen.map(({ client, what }) => `${client} did not see ${what}`).join('; ')}.`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
