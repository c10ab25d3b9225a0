import fc from 'fast-check';
import { expect } from 'vitest';
import type { LeaseReport, PresenceStore } from './presence.store.js';
import { member, reportOf, TENANT, TIMES, type StoreUnderTest } from './store.fixture.js';

/** Gateways that come, go and die, and replicas that tell and die, played against a store and a plain model of it. */

interface Place {
  readonly lease: string;
  readonly user: string;
  readonly connection: string;
}
/** What becomes of a claim after it was told. */
type Fate = 'settled' | 'released' | 'lost';

type Step =
  | ({ readonly what: 'join' } & Place)
  | ({ readonly what: 'leave' } & Place)
  | { readonly what: 'beat'; readonly lease: string }
  | { readonly what: 'end'; readonly lease: string }
  | { readonly what: 'pass'; readonly ms: number }
  | { readonly what: 'sweep' }
  | { readonly what: 'tell'; readonly fate: Fate };

const lease = fc.constantFrom('g1', 'g2', 'g3');
const place = {
  lease,
  user: fc.constantFrom('ann', 'bob', 'cleo'),
  connection: fc.constantFrom('c1', 'c2'),
};
export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constant('join' as const), ...place }),
  fc.record({ what: fc.constant('leave' as const), ...place }),
  fc.record({ what: fc.constant('beat' as const), lease }),
  fc.record({ what: fc.constant('end' as const), lease }),
  // Never near the life of a lease: the stores' clocks run on while they are asked.
  fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 7_000, 16_000) }),
  fc.record({ what: fc.constant('sweep' as const) }),
  fc.record({ what: fc.constant('tell' as const), fate: fc.constantFrom<Fate>('settled', 'released', 'lost') }),
);

/** What is told must, once everything is quiet, be what is true; and at each step the store must say what the model says. */
export async function follow(steps: readonly Step[], { store, pass }: StoreUnderTest): Promise<void> {
  let now = 0;
  const leases = new Map<string, { until: number; readonly held: Set<string> }>();
  const told = new Map<string, boolean>();
  const truth = (user: string): boolean =>
    [...leases.values()].some(({ until, held }) => until > now && [...held].some((one) => one.startsWith(`${user} `)));
  const tell = async (fate: Fate): Promise<void> => {
    const claims = await store.take(100);
    for (const { userId, online } of claims) told.set(userId, online);
    if (fate === 'settled') await store.settle(claims);
    if (fate === 'released') await store.release(claims);
  };
  const report = async (leaseId: string, part: Partial<LeaseReport>): Promise<void> => {
    const known = leases.get(leaseId);
    const lives = known !== undefined && known.until > now;
    const held = lives ? known.held : new Set<string>();
    leases.set(leaseId, { until: now + TIMES.leaseMs, held });
    // A gateway whose lease ran out registers anew what it has: nothing, in this play.
    if (!lives) await drop(store, leaseId);
    await store.report(reportOf(leaseId, { begins: !lives, ...part }));
    for (const one of part.left ?? []) held.delete(`${one.userId} ${one.connectionId}`);
    for (const one of part.joined ?? []) held.add(`${one.userId} ${one.connectionId}`);
  };
  for (const step of steps) {
    if (step.what === 'pass') {
      pass(step.ms);
      now += step.ms;
    } else if (step.what === 'sweep') await store.sweep(2);
    else if (step.what === 'tell') await tell(step.fate);
    else if (step.what === 'beat') await report(step.lease, {});
    else if (step.what === 'end') {
      await store.end(step.lease);
      leases.delete(step.lease);
    } else {
      const one = member(step.user, `${step.lease}-${step.user}-${step.connection}`);
      await report(step.lease, step.what === 'join' ? { joined: [one] } : { left: [one] });
    }
    for (const user of ['ann', 'bob', 'cleo']) {
      expect(await store.online(TENANT, [user]), `${user} after ${JSON.stringify(step)}`).toEqual(
        new Set(truth(user) ? [user] : []),
      );
    }
  }
  // Those whom a replica held that died are free again after this; gateways that live stay.
  for (let waited = 0; waited <= TIMES.claimMs; waited += TIMES.leaseMs / 2) {
    for (const [leaseId, { until }] of leases) if (until > now) await report(leaseId, {});
    while ((await store.sweep(100)) !== null);
    pass(TIMES.leaseMs / 2);
    now += TIMES.leaseMs / 2;
  }
  await tell('settled');
  for (const [user, state] of told) expect(state, user).toBe(truth(user));
}

/** Its connections are let go of before it begins anew. */
async function drop(store: PresenceStore, leaseId: string): Promise<void> {
  await store.end(leaseId);
  while ((await store.sweep(100)) !== null);
}
