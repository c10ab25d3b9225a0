// needs: redis-server, nats-server
// takes: 70 s
import { readFileSync } from 'node:fs';
import { setTimeout as pace } from 'node:timers/promises';
import { keyed, Random, refFor, startStack, STACK_MODES, type ChatClient, type Stack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLIENTS, stage, type Play } from './people.js';
import { MAX_FACTS, planOf, requestsOf, truthOf, type Plan } from './scores.plan.js';
import { LIMITS } from './settings.js';

const ENV = { ...LIMITS, PARLANCE_LIMIT_KEY_REQUESTS_PER_SECOND: '100000' };

const scoreShape = z.object({
  reelsSeen: z.int(),
  totalScore: z.int(),
  social: z.object({ actions: z.array(z.object({ type: z.string(), value: z.int() })) }),
});
const recordedShape = z.strictObject({
  counted: z.int(),
  duplicates: z.int(),
  locked: z.int(),
  capped: z.int().optional(),
});
const takenShape = z.strictObject({ outcome: z.string(), remaining: z.int(), grantId: z.string().optional() });
const recomputedShape = z.object({ score: z.unknown(), changed: z.boolean() });
const ruleSetShape = z.looseObject({ version: z.int(), social: z.record(z.string(), z.array(z.unknown())) });
const whyShape = z.object({
  entries: z.array(z.object({ factId: z.string(), points: z.int(), verdict: z.string() })),
  nextCursor: z.string().optional(),
});

describe.each(STACK_MODES)('scores in %s mode', (mode) => {
  let stack: Stack;
  let play: Play;
  beforeAll(async () => {
    stack = await startStack(mode, { env: ENV });
    play = stage(stack);
  });
  afterAll(async () => {
    await play.end();
    expect(await stack.stop()).toBe(0);
  });

  const post = async (path: readonly string[], body: object): Promise<unknown> => play.api.other('POST', path, body);
  const score = async (userId: string, date: string) =>
    scoreShape.parse(await play.api.other('GET', ['users', userId, 'score'], undefined, { date }));
  const heard = (client: ChatClient, name: string): unknown[] =>
    client.rawLog.filter((frame) => frame.direction === 'in' && frame.name === name).map(({ args }) => args[0]);

  const isOf = (data: unknown, id: string): boolean => Reflect.get(Object(data), 'reward') === id;
  const heardOf = (client: ChatClient, id: string): unknown[] =>
    heard(client, 'reward-consumed').filter((data) => isOf(data, id));

  it('tells a reels client the page’s own document, byte for byte', async () => {
    const raj = await play.world.user('raj', { timeZone: 'Asia/Kolkata' });
    const phone = await play.reels(raj, 1);
    const at = '2025-11-08T10:00:00+05:30';
    const reels = ['a', 'b', 'c'].map((ref) => ({ factId: ref, type: 'reel-seen', ref, at }));
    const reply = { factId: 'reply', type: 'mindful-comment-reply', at };
    const told = phone.nextEvent(({ raw }) => raw.name === 'score-updated');
    expect(await post(['users', 'raj', 'facts'], { facts: [...reels, reply] })).toEqual({
      ...{ counted: 4, duplicates: 0, locked: 0 },
    });
    const page = new URL('../../../libs/dialects/reels/transcripts/score-updated.json', import.meta.url);
    const expected = JSON.stringify(JSON.parse(readFileSync(page, 'utf8')));
    expect(JSON.stringify((await told).raw.args[0])).toBe(expected);
    const read = await play.api.other('GET', ['users', 'raj', 'score'], undefined, { date: '2025-11-08' });
    expect(JSON.stringify(read)).toBe(expected);
  });

  it('grants a stock of 50 to 50 of 64 racers, in each of 20 rounds', async () => {
    const racers = Array.from({ length: 64 }, (_, index) => `racer-${index}`);
    await Promise.all(racers.map(async (id) => play.api.putUser(id)));
    const [taker, watcher] = [
      await play.reels(await play.world.user('racer-0'), 0),
      await play.reels(await play.world.user('watcher'), 1),
    ];
    for (let round = 0; round < 20; round += 1) {
      const id = await reward(`race-${round}`, 50);
      const grant = async (userId: string) =>
        takenShape.parse(await post(['rewards', id, 'consume'], { userId, idempotencyKey: userId }));
      const first = round === 0 ? [await grant('racer-0')] : [];
      const answers = [...first, ...(await Promise.all(racers.slice(first.length).map(grant)))];
      const count = (wanted: string) => answers.filter(({ outcome }) => outcome === wanted).length;
      expect([count('consumed'), count('exhausted')]).toEqual([50, 14]);
      expect(new Set(answers.flatMap(({ grantId }) => grantId ?? [])).size).toBe(50);
      expect(await play.api.other('GET', ['rewards', id])).toMatchObject({
        consumed: 50,
        remaining: 0,
        isExpired: true,
      });
    }
    const last = (client: ChatClient) => heardOf(client, 'race-0').at(-1);
    const gone = { reward: 'race-0', isExpired: true, remaining: 0 };
    await poll(() => expect(last(taker)).toEqual({ ...gone, isConsumedByYou: true }));
    await poll(() => expect(last(watcher)).toEqual({ ...gone, isConsumedByYou: false }));
  });

  it('keeps a reward for a room among its members', async () => {
    const [ann, bob, eve] = [
      await play.world.user('ann r'),
      await play.world.user('bob r'),
      await play.world.user('eve r'),
    ];
    const { id: audience } = await play.world.room([ann, bob], 'group');
    const clients = [await play.reels(ann, 0), await play.reels(bob, 1), await play.reels(eve, 0)] as const;
    const id = await reward(`room-reward-${mode}`, 2, audience);
    const take = async (userId: string) => post(['rewards', id, 'consume'], { userId, idempotencyKey: 'k' });
    await expect(take(eve.id)).rejects.toMatchObject({ code: 'not-found' });
    const asEve = play.api.as(await play.api.token(eve.id));
    await expect(asEve.other('GET', ['rewards', id])).rejects.toMatchObject({ code: 'not-found' });
    // What was taken of other rewards just before may still be told.
    const told = [clients[0], clients[1]].map((client) =>
      client.nextEvent(({ raw }) => raw.name === 'reward-consumed' && isOf(raw.args[0], id)),
    );
    expect(await take(ann.id)).toMatchObject({ outcome: 'consumed', remaining: 1 });
    const [mine, theirs] = (await Promise.all(told)).map(({ raw }) => raw.args[0]);
    expect(mine).toEqual({ reward: id, isExpired: false, remaining: 1, isConsumedByYou: true });
    expect(theirs).toEqual({ reward: id, isExpired: false, remaining: 1, isConsumedByYou: false });
    expect(heardOf(clients[2], id)).toEqual([]);
  });

  async function reward(id: string, stock: number, audience = 'all'): Promise<string> {
    const [startsAt, expiresAt] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    await post(['rewards'], { id, stock, startsAt, expiresAt, audience });
    return id;
  }

  const SEED = 100_000;
  it(`counts 100,000 facts from 8 writers, a fifth of them twice, in disorder (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const plan = planOf(random, `crowd-${mode}`, 80_000);
    const users = [...new Set(plan.map(({ userId }) => userId))];
    await Promise.all(users.map(async (id) => play.api.putUser(id)));
    const requests = requestsOf(random, plan, 20_000);
    expect(requests.every(({ facts }) => facts.length <= MAX_FACTS)).toBe(true);
    const sums = { fresh: 0, duplicates: 0 };
    await Promise.all(Array.from({ length: 8 }, async (_, writer) => tell(requests, writer, sums)));
    expect(sums).toEqual({ fresh: 80_000, duplicates: 20_000 });
    for (const userId of users) await expectAgreement(userId, plan);
    await expectWhy(users[0] ?? '', plan);
  });

  async function tell(
    requests: ReturnType<typeof requestsOf>,
    writer: number,
    sums: { fresh: number; duplicates: number },
  ) {
    const api = play.api.at(play.gateway(writer));
    for (let next = requests.pop(); next !== undefined; next = requests.pop()) {
      const path = ['users', next.userId, 'facts'];
      const answer = recordedShape.parse(await api.other('POST', path, { facts: next.facts }));
      sums.fresh += answer.counted + answer.locked + (answer.capped ?? 0);
      sums.duplicates += answer.duplicates;
    }
  }

  async function expectAgreement(userId: string, plan: readonly Plan[]): Promise<void> {
    for (const [date, truth] of truthOf(userId, plan)) {
      const document = await score(userId, date);
      expect([document.reelsSeen, document.totalScore]).toEqual([truth.reelsSeen, truth.totalScore]);
      const again = await play.api.other('POST', ['users', userId, 'score', 'recompute'], undefined, { date });
      expect(recomputedShape.parse(again).changed).toBe(false);
    }
  }

  /** The ledger answers with each fact once, and its points add up to the score. */
  async function expectWhy(userId: string, plan: readonly Plan[]): Promise<void> {
    for (const [date, truth] of truthOf(userId, plan).slice(0, 1)) {
      const entries = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const query = { date, limit: '200', ...(cursor === undefined ? {} : { cursor }) };
        const page = whyShape.parse(await play.api.other('GET', ['users', userId, 'score', 'why'], undefined, query));
        entries.push(...page.entries);
        cursor = page.nextCursor;
      }
      expect(new Set(entries.map(({ factId }) => factId)).size).toBe(truth.facts);
      expect(entries.length).toBe(truth.facts);
      expect(entries.reduce((sum, { points }) => sum + points, 0)).toBe(truth.totalScore);
    }
  }

  it('counts a message once, whoever sends it and whatever is killed', async () => {
    await countEachMessage();
    const friend = await play.world.user('friend');
    const victims = mode === 'cluster' ? ['gamification-0', 'gamification-1'] : stack.victims;
    const rooms = await Promise.all(
      Object.entries(CLIENTS).map(async ([dialect, enter], index) => {
        const user = await play.world.user(dialect === 'classic' ? `${900_000 + index}` : `${dialect} writer`);
        const room = await play.world.room([user, friend], 'direct');
        const client = await enter(play, user, index);
        await client.openRoom(refFor(room, user));
        return { user, room, client };
      }),
    );
    for (const [round, victim] of victims.entries()) {
      const sent = rooms.map(async ({ client, room, user }, index) => {
        await client.whenConnected();
        await client.send(refFor(room, user), keyed(`${mode}/${index}/${round}`, 'hello'));
      });
      if (mode === 'standalone') await Promise.all(sent);
      await stack.strike(victim);
      await Promise.all(sent);
    }
    for (const { user, room } of rooms) {
      const messages = (await play.api.messages(room.id)).filter(({ senderId }) => senderId === user.id);
      const dates = new Set(messages.map(({ createdAt }) => createdAt.slice(0, 10)));
      expect(messages.length).toBeGreaterThanOrEqual(victims.length);
      await poll(async () => {
        const days = await Promise.all([...dates].map(async (date) => score(user.id, date)));
        const counted = days.flatMap(({ social }) => social.actions.filter(({ type }) => type === 'send-dm-message'));
        expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(messages.length);
      });
    }
  });

  /** As often a day as there may be messages. */
  async function countEachMessage(): Promise<void> {
    const { version, ...rules } = ruleSetShape.parse(await play.api.other('GET', ['score-rules']));
    const action = { type: 'send-dm-message', label: 'Write', points: 1, maxPerDay: 1_000 };
    const social = Object.fromEntries(Object.keys(rules.social).map((day) => [day, [action]]));
    const put = ruleSetShape.parse(await play.api.other('PUT', ['score-rules'], { ...rules, social }));
    expect(put.version).toBe(version + 1);
  }

  it('refuses what cannot be, with a code and without a trace', async () => {
    const now = Date.now();
    const at = (ms: number) => new Date(now + ms).toISOString();
    await play.api.putUser('bad');
    await play.api.putUser('other');
    const facts = (fact: object) => post(['users', 'bad', 'facts'], { facts: [fact] });
    const asBad = play.api.as(await play.api.token('bad'));
    const window = { startsAt: at(-1_000), expiresAt: at(60_000) };
    const refused: [string, () => Promise<unknown>][] = [
      ['invalid', () => facts({ factId: '1', type: 'reel-seen', ref: 'r', at: at(3_600_000) })],
      ['invalid', () => facts({ factId: '1', type: 'unheard-of' })],
      ['invalid', () => post(['rewards'], { id: 'bad', stock: -5, ...window })],
      ['invalid', () => play.api.other('PUT', ['score-rules'], { social: { someday: [] }, mindfulness: [] })],
      ['not-found', () => post(['rewards', 'unknown', 'consume'], { userId: 'bad', idempotencyKey: 'k' })],
      [
        'not-found',
        () =>
          post(['users', 'nobody', 'facts'], { facts: [] }).catch(() =>
            post(['users', 'nobody', 'facts'], { facts: [{ factId: '1', type: 'journalism' }] }),
          ),
      ],
      ['permission-denied', () => asBad.other('PUT', ['score-rules'], { social: {}, mindfulness: [] })],
      ['permission-denied', () => asBad.other('POST', ['rewards'], { id: 'bad', stock: 5, ...window })],
      [
        'permission-denied',
        () => asBad.other('POST', ['users', 'other', 'facts'], { facts: [{ factId: '1', type: 'journalism' }] }),
      ],
    ];
    for (const [code, call] of refused) await expect(call()).rejects.toMatchObject({ code });
    await expect(play.api.other('GET', ['rewards', 'bad'])).rejects.toMatchObject({ code: 'not-found' });
    const { entries } = whyShape.parse(await play.api.other('GET', ['users', 'bad', 'score', 'why']));
    expect(entries).toEqual([]);
  });
});

/** Until it holds; the test's own time limit bounds it, and its last reason is what the failure says. */
async function poll(check: () => void | Promise<void>): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pace(100);
    }
  }
}
