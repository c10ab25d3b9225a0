import { consumeReward, createReward, getReward, putScoreRules, recordFacts } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { codeOf, Ear, openWorld, TENANT, type World } from '../testing/test-world.js';

type Fields = z.input<typeof createReward.input>['fields'];

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.start('gamification-0');
  await world.start('gamification-1');
}, 60_000);
afterAll(async () => {
  await world.stop();
});

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const fields = (over: Partial<Fields> = {}): Fields => ({
  stock: 1,
  startsAt: inHours(-1),
  expiresAt: inHours(1),
  ...over,
});

async function make(over: Partial<Fields> = {}, tenantId = TENANT) {
  return (await world.bus.request(createReward, { tenantId, fields: fields(over) })).reward;
}

async function take(rewardId: string, userId: string, idempotencyKey = `key of ${userId}`, tenantId = TENANT) {
  return world.bus.request(consumeReward, { tenantId, rewardId, userId, idempotencyKey }, { timeoutMs: 10_000 });
}

describe('64 users racing for a stock of 50', () => {
  const [ROUNDS, RACERS, STOCK] = [20, 64, 50];

  it(`get 50 grants and 14 refusals, and nothing leaks, in each of ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await make({ stock: STOCK });
      const answers = await Promise.all(Array.from({ length: RACERS }, async (_, racer) => take(id, `racer-${racer}`)));
      const of = (outcome: string) => answers.filter((answer) => answer.outcome === outcome);
      expect([of('consumed').length, of('exhausted').length]).toEqual([STOCK, RACERS - STOCK]);
      expect(new Set(of('consumed').map(({ remaining }) => remaining))).toEqual(new Set(Array(STOCK).keys()));
      const rows = await world.query(
        `select r.consumed, (select count(*)::int from gamification.reward_grant g where g.tenant_id = r.tenant_id and g.reward_id = r.id) as grants
           from gamification.reward r where r.id = $1`,
        [id],
      );
      expect(rows).toEqual([{ consumed: STOCK, grants: STOCK }]);
    }
  }, 60_000);
});

describe('a reward', () => {
  it('is granted once per user: the same request gets the same answer, another one the first grant again', async () => {
    const { id } = await make({ stock: 2 });
    const first = await take(id, 'ann', 'k1');
    expect(first).toMatchObject({ outcome: 'consumed', remaining: 1 });
    expect(await take(id, 'ann', 'k1')).toEqual(first);
    expect(await take(id, 'ann', 'k2')).toEqual({ ...first, outcome: 'already_consumed' });
    expect(await take(id, 'bob')).toMatchObject({ outcome: 'consumed', remaining: 0 });
    expect(await take(id, 'cy')).toEqual({ outcome: 'exhausted', remaining: 0 });
    expect(await take(id, 'ann', 'k1')).toMatchObject({ outcome: 'consumed', grantId: first.grantId });
  });

  it('one user at once gets one grant', async () => {
    const { id } = await make({ stock: 9 });
    const answers = await Promise.all(Array.from({ length: 12 }, async (_, n) => take(id, 'ann', `k${n}`)));
    expect(new Set(answers.map(({ grantId }) => grantId)).size).toBe(1);
    expect(answers.filter(({ outcome }) => outcome === 'consumed')).toHaveLength(1);
    expect(await world.bus.request(getReward, { tenantId: TENANT, rewardId: id, viewerId: null })).toMatchObject({
      consumed: 1,
    });
  });

  it('has a window and a least score', async () => {
    expect(await take((await make({ startsAt: inHours(1), expiresAt: inHours(2) })).id, 'ann')).toMatchObject({
      outcome: 'not_eligible',
    });
    const over = await make({ startsAt: inHours(-2), expiresAt: inHours(-1) });
    expect(over.isExpired).toBe(true);
    expect(await take(over.id, 'ann')).toMatchObject({ outcome: 'expired', remaining: 1 });
    const { id } = await make({ minScore: 7 });
    expect(await take(id, 'scorer')).toEqual({ outcome: 'not_eligible', remaining: 1 });
    const rules = { social: {}, mindfulness: [{ type: 'walk', label: 'Walk', points: 7, maxPerDay: 1 }] };
    await world.bus.request(putScoreRules, { tenantId: TENANT, rules });
    const facts = [{ factId: 'w', type: 'walk' }];
    await world.bus.request(recordFacts, {
      tenantId: TENANT,
      userId: 'scorer',
      timeZone: null,
      source: 'server',
      facts,
    });
    expect(await take(id, 'scorer')).toMatchObject({ outcome: 'consumed' });
  });

  it('is made once: the same again answers what is there, another one of that id is refused', async () => {
    const same = fields({ id: 'once', stock: 3 });
    const created = async (body: Fields) => world.bus.request(createReward, { tenantId: TENANT, fields: body });
    expect(await created(same)).toMatchObject({
      created: true,
      reward: { id: 'once', stock: 3, remaining: 3, audience: 'all', isExpired: false },
    });
    expect(await created(same)).toMatchObject({ created: false });
    expect(await codeOf(created({ ...same, stock: 4 }))).toBe('conflict');
  });

  it.each<[string, Partial<Fields>]>([
    ['a negative stock', { stock: -1 }],
    ['no stock', { stock: 0 }],
    ['half a piece', { stock: 1.5 }],
    ['an end before its beginning', { startsAt: inHours(2), expiresAt: inHours(1) }],
    ['an end that is no time', { expiresAt: 'soon' }],
    ['a negative score', { minScore: -1 }],
  ])('is refused with %s', async (_, over) => {
    const before = await world.query('select count(*) from gamification.reward');
    expect(await codeOf(make(over))).toBe('invalid');
    expect(await world.query('select count(*) from gamification.reward')).toEqual(before);
  });

  it('that is unknown, or another tenant’s, is not found', async () => {
    const { id } = await make();
    expect(await codeOf(take('unknown', 'ann'))).toBe('not-found');
    expect(await codeOf(take(id, 'ann', 'k', 'another'))).toBe('not-found');
    expect(await codeOf(world.bus.request(getReward, { tenantId: 'another', rewardId: id, viewerId: null }))).toBe(
      'not-found',
    );
    expect(await world.query('select 1 from gamification.reward_grant where reward_id = $1', [id])).toEqual([]);
  });

  it('tells its taker at once', async () => {
    const ear = await Ear.of(world.bus, 'taker');
    const { id } = await make({ stock: 2 });
    await take(id, 'taker');
    await ear.until(() => ear.of('reward.changed').length > 0);
    expect(ear.of('reward.changed')[0]).toMatchObject({
      rewardId: id,
      remaining: 1,
      isExpired: false,
      consumedByMe: true,
    });
  });
});
