import type { Bus } from '@parlance/bus';
import { endLease, reportLease } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { busPair, quiet } from '../parts.fixture.js';
import { LeaseReporter, type LeaseMember } from './lease-reporter.js';

/** A presence service that can forget, be away, and answer without its answer arriving. */
class Service {
  readonly leases = new Map<string, Set<string>>();
  readonly reports: { joined: number; left: number; begins: boolean }[] = [];
  mode: 'fine' | 'away' | 'answer-lost' = 'fine';
  private onReport = (): void => undefined;
  private readonly newest = new Map<string, number>();

  report(input: { leaseId: string; seq: number; begins: boolean; joined: LeaseMember[]; left: LeaseMember[] }) {
    if (this.mode === 'away') throw new ParlanceError('unavailable', 'away');
    this.reports.push({ joined: input.joined.length, left: input.left.length, begins: input.begins });
    this.onReport();
    const held = this.leases.get(input.leaseId) ?? (input.begins ? new Set<string>() : null);
    if (held === null) return { known: false };
    if (input.seq > (this.newest.get(input.leaseId) ?? 0)) {
      this.newest.set(input.leaseId, input.seq);
      this.leases.set(input.leaseId, held);
      for (const { userId, connectionId } of input.left) held.delete(`${userId} ${connectionId}`);
      for (const { userId, connectionId } of input.joined) held.add(`${userId} ${connectionId}`);
    }
    if (this.mode === 'answer-lost') throw new ParlanceError('unavailable', 'the answer is lost');
    return { known: true };
  }

  /** Settles at the next report. */
  reported(): Promise<void> {
    return new Promise((resolve) => (this.onReport = resolve));
  }

  held(leaseId = 'pod.0'): string[] {
    return [...(this.leases.get(leaseId) ?? [])].sort();
  }
}

let pair: ReturnType<typeof busPair>;
let service: Service;
let reporter: LeaseReporter;
let timers: (() => void)[];
const member = (userId: string, connectionId = `of-${userId}`): LeaseMember => ({
  tenantId: 't',
  userId,
  connectionId,
});

beforeEach(async () => {
  pair = busPair();
  service = new Service();
  await pair.service.serve(reportLease, async (input) => service.report(input));
  await pair.service.serve(endLease, async ({ leaseId }) => {
    service.leases.delete(leaseId);
    return {};
  });
  timers = [];
  reporter = new LeaseReporter(pair.edge, 'pod', quiet, { maxLeft: 50, setTimer: (work) => timers.push(work) });
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all([pair.edge.drain(), pair.service.drain()]);
});

describe('the lease reporter', () => {
  const microtasks = Array.from({ length: 16 }, (_, count) => count);
  it.each(microtasks)('leaves nobody for the next beat who comes %i microtasks after an answer', async (count) => {
    const enterLate = async (): Promise<void> => {
      for (let passed = 0; passed < count; passed += 1) await Promise.resolve();
      reporter.enter(member('late'));
    };
    const bus: Pick<Bus, 'request'> = {
      request: async (contract, input, options) => {
        const answer = await pair.edge.request(contract, input, options);
        void enterLate();
        return answer;
      },
    };
    reporter = new LeaseReporter(bus, 'pod', quiet);
    reporter.enter(member('ann'));
    while (service.held().length < 2) await service.reported();
    expect(service.held()).toEqual(['ann of-ann', 'late of-late']);
  });

  it('reports what came and went in one turn together, and beats with nothing to say', async () => {
    reporter.enter(member('ann'));
    reporter.enter(member('ann'));
    reporter.enter(member('bob'));
    await new Promise((resolve) => setImmediate(resolve));
    await reporter.flush();
    reporter.leave(member('ann'));
    reporter.enter(member('cleo'));
    await reporter.flush();
    reporter.beat();
    await reporter.flush();
    expect(service.reports).toEqual([
      { begins: true, joined: 2, left: 0 },
      { begins: false, joined: 1, left: 1 },
      { begins: false, joined: 0, left: 0 },
    ]);
    expect(service.held()).toEqual(['bob of-bob', 'cleo of-cleo']);
  });

  it.each([
    [2_000, 'who came after many others', []],
    [100, 'who went, with those who came', ['u0']],
  ])('says after %i ms %s', async (waitMs, _, goes) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    for (let n = 0; n < 150; n += 1) reporter.enter(member(`u${n}`));
    await reporter.flush();
    reporter.enter(member('late'));
    for (const userId of goes) reporter.leave(member(userId));
    const reported = service.reported();
    vi.advanceTimersByTime(waitMs - 1);
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(service.reports).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await reported;
    expect(service.reports).toEqual([
      { begins: true, joined: 150, left: 0 },
      { begins: false, joined: 1, left: goes.length },
    ]);
  });

  it('registers everything anew, in pages, when the service forgot, also who left meanwhile', async () => {
    for (let n = 0; n < 2_500; n += 1) reporter.enter(member(`u${n}`));
    await reporter.flush();
    service.leases.clear();
    reporter.leave(member('u7'));
    reporter.beat();
    await reporter.flush();
    expect(service.reports.slice(3)).toEqual([
      { begins: false, joined: 0, left: 1 },
      { begins: true, joined: 1_000, left: 0 },
      { begins: false, joined: 1_000, left: 0 },
      { begins: false, joined: 499, left: 0 },
      { begins: false, joined: 0, left: 1 },
    ]);
    expect(service.held()).toHaveLength(2_499);
  });

  it('loses nothing when a report fails or its answer does not arrive, and tries again by itself', async () => {
    reporter.enter(member('ann'));
    await reporter.flush();
    service.mode = 'answer-lost';
    reporter.leave(member('ann'));
    reporter.enter(member('bob'));
    await reporter.flush();
    service.mode = 'away';
    reporter.enter(member('ann'));
    reporter.leave(member('bob'));
    await reporter.flush();
    service.mode = 'fine';
    expect(timers).toHaveLength(2);
    timers.at(-1)?.();
    await reporter.flush();
    expect(service.held()).toEqual(['ann of-ann']);
  });

  it('keeps a connection that changes its user apart', async () => {
    reporter.enter(member('ann', 'one'));
    await reporter.flush();
    reporter.leave(member('ann', 'one'));
    reporter.enter(member('bob', 'one'));
    reporter.leave(member('bob', 'one'));
    reporter.enter(member('cleo', 'one'));
    await reporter.flush();
    expect(service.held()).toEqual(['cleo one']);
  });

  it('takes a new lease when more have left than it can keep, so that none stays behind', async () => {
    for (let n = 0; n < 60; n += 1) reporter.enter(member(`u${n}`));
    await reporter.flush();
    service.mode = 'away';
    for (let n = 0; n < 55; n += 1) reporter.leave(member(`u${n}`));
    await reporter.flush();
    service.mode = 'fine';
    reporter.beat();
    await reporter.flush();
    expect(service.held('pod.1')).toEqual(['u55 of-u55', 'u56 of-u56', 'u57 of-u57', 'u58 of-u58', 'u59 of-u59']);
  });

  it('ends its lease and says nothing after that', async () => {
    reporter.enter(member('ann'));
    await reporter.flush();
    await reporter.end();
    reporter.beat();
    await reporter.flush();
    expect(service.leases.size).toBe(0);
  });

  it('holds what is connected after whatever happened (the seed is in the message of a failure)', async () => {
    const user = fc.constantFrom('ann', 'bob', 'cleo', 'dan');
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('enter' as const, 'leave' as const), user }),
      fc.record({ what: fc.constantFrom('flush' as const, 'wipe' as const), user }),
      fc.record({ what: fc.constantFrom('fine' as const, 'away' as const, 'answer-lost' as const), user }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        service.leases.clear();
        service.mode = 'fine';
        const own = new LeaseReporter(pair.edge, `pod-${Math.random()}`, quiet, { setTimer: () => undefined });
        const there = new Set<string>();
        for (const one of steps) {
          if (one.what === 'enter') {
            own.enter(member(one.user));
            there.add(one.user);
          } else if (one.what === 'leave') {
            own.leave(member(one.user));
            there.delete(one.user);
          } else if (one.what === 'flush') await own.flush();
          else if (one.what === 'wipe') service.leases.clear();
          else service.mode = one.what;
        }
        await own.flush();
        service.mode = 'fine';
        own.beat();
        await own.flush();
        const held = [...service.leases.values()].flatMap((set) => [...set]).map((name) => name.split(' ')[0]);
        expect(held.sort()).toEqual([...there].sort());
        expect(own.size).toBe(there.size);
      }),
      { numRuns: 60 },
    );
  });
});
