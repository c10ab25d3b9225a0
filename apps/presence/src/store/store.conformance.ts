import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Claim, Member, Person, PresenceStore } from './presence.store.js';
import { follow, stepArbitrary } from './store.play.fixture.js';
import { member, reportOf, TENANT as T, TIMES, type StoreUnderTest } from './store.fixture.js';

/** What every store promises, whichever keeps the leases. */

const names = (claims: readonly Person[]): string[] => claims.map(({ userId }) => userId).sort();
const states = (claims: readonly Claim[]): string[] =>
  claims.map(({ userId, online }) => `${userId} ${online ? 'on' : 'off'}`).sort();

export function storeConformance(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name}: a store of presence`, () => {
    let under: StoreUnderTest;
    let store: PresenceStore;
    const made: PresenceStore[] = [];
    beforeEach(async () => {
      under = await make();
      store = under.store;
      made.push(store);
    });
    afterAll(async () => {
      for (const one of made) await one.close();
    });

    const begin = (lease: string, ...joined: Member[]) => store.report(reportOf(lease, { begins: true, joined }));
    const online = async (...ids: string[]) => [...(await store.online(T, ids))].sort();
    const tellAll = async (): Promise<string[]> => {
      const claims = await store.take(1_000);
      await store.settle(claims);
      return states(claims);
    };

    it('knows who is online while the lease lives, and not a moment longer', async () => {
      expect(await begin('g1', member('ann'), member('bob'))).toBe(true);
      expect(await online('ann', 'bob', 'eve')).toEqual(['ann', 'bob']);
      under.pass(10_000);
      expect(await store.report(reportOf('g1'))).toBe(true);
      under.pass(14_900);
      expect(await online('ann')).toEqual(['ann']);
      under.pass(200);
      expect(await online('ann', 'bob')).toEqual([]);
    });

    it('does not know a lease that never was or ran out, until it begins anew', async () => {
      expect(await store.report(reportOf('g1', { joined: [member('ann')] }))).toBe(false);
      expect(await online('ann')).toEqual([]);
      const ann = member('ann');
      await begin('g1', ann);
      under.pass(16_000);
      expect(await store.report(reportOf('g1'))).toBe(false);
      expect(await begin('g1', ann)).toBe(true);
      expect(await online('ann')).toEqual(['ann']);
    });

    it('shows somebody with three devices offline when the last one goes', async () => {
      const devices = [member('ann'), member('ann'), member('ann')] as const;
      await begin('g1', devices[0], devices[1]);
      await begin('g2', devices[2]);
      expect(await tellAll()).toEqual(['ann on']);
      await store.report(reportOf('g1', { left: [devices[0]] }));
      await store.report(reportOf('g2', { left: [devices[2]] }));
      under.pass(10_000);
      await store.report(reportOf('g1'));
      await store.report(reportOf('g2'));
      expect([await online('ann'), await tellAll()]).toEqual([['ann'], []]);
      await store.report(reportOf('g1', { left: [devices[1]] }));
      expect(await online('ann')).toEqual([]);
      under.pass(3_000);
      expect(await tellAll()).toEqual(['ann off']);
    });

    it('tells nothing of somebody who was away for less than the grace', async () => {
      const before = member('ann');
      await begin('g1', before);
      await tellAll();
      await store.report(reportOf('g1', { left: [before] }));
      under.pass(2_900);
      expect(await tellAll()).toEqual([]);
      await store.report(reportOf('g1', { joined: [member('ann')] }));
      under.pass(5_000);
      expect(await tellAll()).toEqual([]);
    });

    it('says of whom others were told that they are online, until it forgets', async () => {
      const ann = member('ann');
      await begin('g1', ann);
      const came = await store.take(10);
      expect(came).toMatchObject([{ userId: 'ann', online: true, told: false }]);
      await store.settle(came);
      await store.report(reportOf('g1', { left: [ann] }));
      under.pass(4_000);
      const went = await store.take(10);
      expect(went).toMatchObject([{ userId: 'ann', online: false, told: true }]);
      await store.settle(went);
      await store.check([ann]);
      expect(await store.take(10)).toMatchObject([{ userId: 'ann', online: false, told: false }]);
    });

    it('says since when somebody is away', async () => {
      const ann = member('ann');
      await begin('g1', ann);
      const [came] = await store.take(10);
      await store.settle(came === undefined ? [] : [came]);
      under.pass(7_000);
      await store.report(reportOf('g1', { left: [ann] }));
      under.pass(4_000);
      const [went] = await store.take(10);
      const apart = (went?.at ?? 0) - (came?.at ?? 0);
      expect(apart).toBeGreaterThanOrEqual(6_990);
      expect(apart).toBeLessThan(9_000);
    });

    it('lets go of a dead lease in pages, and tells of its people once', async () => {
      const [live, dead] = [member('cleo'), member('cleo')];
      await begin('g1', member('ann'), member('bob'), dead);
      await begin('g2', live);
      expect(await tellAll()).toEqual(['ann on', 'bob on', 'cleo on']);
      under.pass(14_000);
      await store.report(reportOf('g2'));
      under.pass(1_100);
      expect(await online('ann', 'bob', 'cleo')).toEqual(['cleo']);
      expect([await store.sweep(2), await store.sweep(2), await store.sweep(2)]).toEqual([2, 1, null]);
      under.pass(3_000);
      expect(await tellAll()).toEqual(['ann off', 'bob off']);
      expect(await tellAll()).toEqual([]);
    });

    it('ends a lease at once when its gateway says so', async () => {
      await begin('g1', member('ann'));
      await tellAll();
      await store.end('g1');
      await store.end('nobody');
      expect(await online('ann')).toEqual([]);
      expect(await store.sweep(10)).toBe(1);
      expect(await tellAll()).toEqual([]);
      under.pass(3_000);
      expect(await tellAll()).toEqual(['ann off']);
    });

    it('is not moved back by a report that comes late or twice', async () => {
      const ann = member('ann');
      await begin('g1');
      const joined = reportOf('g1', { joined: [ann] });
      const left = reportOf('g1', { left: [ann] });
      expect([await store.report(joined), await store.report(joined), await store.report(left)]).toEqual([
        true,
        true,
        true,
      ]);
      expect(await store.report(joined)).toBe(true);
      expect(await online('ann')).toEqual([]);
    });

    it('keeps a connection that changes its user apart from its former one', async () => {
      const [ann, bob] = [member('ann', 'same'), member('bob', 'same')];
      await begin('g1', ann);
      await store.report(reportOf('g1', { left: [ann], joined: [bob] }));
      expect(await online('ann', 'bob')).toEqual(['bob']);
      under.pass(16_000);
      expect(await store.sweep(10)).toBe(1);
      expect(await online('ann', 'bob')).toEqual([]);
    });

    it('keeps tenants and hostile ids apart', async () => {
      const hostile = ['*', 'a b', 'a.b', '{presence}', 'ann@x.io', 'ж'.repeat(64)];
      await begin('g1', ...hostile.map((id) => member(id)), member('ann', 'other', 'foreign'));
      expect(await online(...hostile, 'ann')).toEqual([...hostile].sort());
      expect([...(await store.online('foreign', ['ann', '*']))]).toEqual(['ann']);
      expect(names(await store.take(100))).toEqual([...hostile, 'ann'].sort());
    });

    it('gives a claim to one alone, and what happens meanwhile is due after it', async () => {
      const ann = member('ann');
      await begin('g1', ann);
      const claims = await store.take(10);
      expect(states(claims)).toEqual(['ann on']);
      expect(await store.take(10)).toEqual([]);
      await store.report(reportOf('g1', { left: [ann] }));
      under.pass(4_000);
      expect(await store.take(10)).toEqual([]);
      await store.settle(claims);
      expect(await tellAll()).toEqual(['ann off']);
    });

    it('gives a claim that was never settled to the next one, and does not let the first one settle it', async () => {
      const ann = member('ann');
      await begin('g1', ann);
      const lost = await store.take(10);
      for (const _ of [1, 2, 3]) {
        under.pass(10_100);
        await store.report(reportOf('g1'));
      }
      const again = await store.take(10);
      expect(states(again)).toEqual(['ann on']);
      await store.settle(lost);
      under.pass(1);
      expect(await store.take(10)).toEqual([]);
      await store.settle(again);
      await store.check([ann]);
      expect(await store.take(10)).toEqual([]);
    });

    it('gives those who could not be told again after a moment', async () => {
      await begin('g1', member('ann'));
      const claims = await store.take(10);
      await store.release(claims);
      expect(await store.take(10)).toEqual([]);
      under.pass(1_000);
      expect(await tellAll()).toEqual(['ann on']);
      await store.release(claims);
      under.pass(1_000);
      expect(await tellAll()).toEqual([]);
    });

    it.each(['died', 'failed'])(
      'has somebody told again whom a replica held that %s, whatever it told',
      async (fate) => {
        const ann = member('ann');
        await begin('g1', ann);
        await tellAll();
        await store.report(reportOf('g1', { left: [ann] }));
        under.pass(4_000);
        const gone = await store.take(10);
        expect(states(gone)).toEqual(['ann off']);
        await store.report(reportOf('g1', { joined: [ann] }));
        if (fate === 'failed') await store.release(gone);
        for (const _ of [1, 2, 3]) {
          under.pass(10_100);
          await store.report(reportOf('g1'));
        }
        const again = await store.take(10);
        expect(again).toMatchObject([{ userId: 'ann', online: true, told: null }]);
        await store.settle(again);
        await store.check([ann]);
        expect(await store.take(10)).toEqual([]);
      },
    );

    it('claims no more than asked for, the longest due first', async () => {
      for (const id of ['ann', 'bob', 'cleo']) {
        await store.report(reportOf('g1', { begins: true, joined: [member(id)] }));
        under.pass(10);
      }
      expect(names(await store.take(2))).toEqual(['ann', 'bob']);
      expect(names(await store.take(2))).toEqual(['cleo']);
    });

    it('claims ahead of the grace when it is asked to', async () => {
      const ann = member('ann');
      await begin('g1', ann);
      await tellAll();
      await store.report(reportOf('g1', { left: [ann] }));
      expect(states(await store.take(10))).toEqual([]);
      expect(states(await store.take(10, TIMES.graceMs))).toEqual(['ann off']);
    });

    it('has people looked at again of whom it knows nothing', async () => {
      await store.check([{ tenantId: T, userId: 'ghost' }]);
      expect(await tellAll()).toEqual(['ghost off']);
      expect(await tellAll()).toEqual([]);
    });

    it('tells of somebody unknown who leaves, as it may have forgotten', async () => {
      await begin('g1');
      await store.report(reportOf('g1', { left: [member('ann')] }));
      under.pass(3_000);
      expect(await tellAll()).toEqual(['ann off']);
    });

    it('owes a recovery when it came up empty, once the leases of before would have run out', async () => {
      expect([await store.recovery(), await store.recovery()]).toEqual(['waiting', 'waiting']);
      under.pass(15_000);
      expect(await store.recovery()).toBe('due');
      await store.recovered();
      expect(await store.recovery()).toBe('done');
    });

    it('is empty after it was wiped, owes a recovery, and learns again', async () => {
      if (under.wipe === null) return expect(await store.recovery()).toBe('waiting');
      const ann = member('ann');
      await begin('g1', ann);
      await store.recovery();
      await store.recovered();
      await under.wipe();
      expect([await online('ann'), await store.recovery()]).toEqual([[], 'waiting']);
      expect(await store.report(reportOf('g1'))).toBe(false);
      await begin('g1', ann);
      expect(await online('ann')).toEqual(['ann']);
    });

    it('agrees with a plain model after whatever gateways do', async () => {
      const seed = Date.now() % 2 ** 31;
      await fc.assert(
        fc.asyncProperty(fc.array(stepArbitrary, { maxLength: 30 }), async (steps) => {
          under = await make();
          store = under.store;
          made.push(store);
          await follow(steps, under);
        }),
        { seed, numRuns: 40, endOnFailure: true },
      );
    });
  });
}
