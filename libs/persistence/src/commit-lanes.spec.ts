import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommitLanes, laneOf, MAX_COMMIT_BYTES, MAX_COMMIT_ITEMS, type LaneOptions } from './commit-lanes.js';

interface Item {
  readonly id: number;
  readonly bytes: number;
  readonly lane: number;
  readonly late?: boolean;
}

/** Lanes whose commits end when the test says so. */
function lanes(more: Partial<LaneOptions<Item, string>> = {}) {
  const batches: number[][] = [];
  const pending: (() => void)[] = [];
  const made = new CommitLanes<Item, string>({
    lanes: 2,
    maxItems: 2_000,
    maxBytes: 8 * 1024 * 1024,
    commit: async (items) => {
      batches.push(items.map(({ id }) => id));
      await new Promise<void>((resolve) => pending.push(resolve));
      return items.map(({ id }) => `stored ${id}`);
    },
    expire: ({ late }) => (late === true ? 'late' : undefined),
    ...more,
  });
  const finish = async (): Promise<void> => {
    while (made.depth > 0) {
      for (const end of pending.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { made, batches, finish };
}

const turn = async () => new Promise((resolve) => setImmediate(resolve));
const item = (id: number, more: Partial<Item> = {}): Item => ({ id, bytes: 10, lane: 0, ...more });

describe('CommitLanes', () => {
  it('commits one turn together, and what comes meanwhile in the next commit', async () => {
    const { made, batches, finish } = lanes();
    const answers = [made.submit(item(1)), made.submit(item(2))];
    await turn();
    answers.push(made.submit(item(3)), made.submit(item(4)), made.submit(item(5)));
    await turn();
    expect(batches).toEqual([[1, 2]]);
    await finish();
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(await Promise.all(answers.map(async (answer) => answer))).toEqual(
      [1, 2, 3, 4, 5].map((id) => `stored ${id}`),
    );
  });

  it('has one commit per lane in flight', async () => {
    const { made, batches, finish } = lanes();
    for (const id of [0, 1, 2, 3]) void made.submit(item(id, { lane: id }));
    await turn();
    expect(batches).toEqual([
      [0, 2],
      [1, 3],
    ]);
    await finish();
  });

  it('takes at most 256 items or 256 KB, and a larger single one alone', async () => {
    const { made, batches, finish } = lanes();
    for (let id = 0; id <= MAX_COMMIT_ITEMS; id += 1) void made.submit(item(id));
    await finish();
    expect(batches.map((batch) => batch.length)).toEqual([MAX_COMMIT_ITEMS, 1]);
    const half = MAX_COMMIT_BYTES / 2;
    const sizes = [half, half, 1, MAX_COMMIT_BYTES + 1, 1];
    sizes.forEach((bytes, id) => void made.submit(item(id, { bytes })));
    await finish();
    expect(batches.slice(2)).toEqual([[0, 1], [2], [3], [4]]);
  });

  it('refuses at once beyond its items or bytes, and admits again when there is room', async () => {
    const { made, finish } = lanes({ maxItems: 3, maxBytes: 100 });
    for (const id of [1, 2]) expect(made.submit(item(id, { bytes: 45 }))).not.toBeNull();
    expect(made.submit(item(3, { bytes: 11 }))).toBeNull();
    expect(made.submit(item(4, { bytes: 10 }))).not.toBeNull();
    expect(made.submit(item(5, { bytes: 0 }))).toBeNull();
    await finish();
    // A single item over the byte bound is no reason to refuse it forever.
    expect(made.submit(item(6, { bytes: 1_000 }))).not.toBeNull();
    await finish();
  });

  it('answers what is late without committing it', async () => {
    const { made, batches, finish } = lanes();
    const answers = [made.submit(item(1, { late: true })), made.submit(item(2)), made.submit(item(3, { late: true }))];
    await finish();
    expect(await Promise.all(answers.map(async (answer) => answer))).toEqual(['late', 'stored 2', 'late']);
    expect(batches).toEqual([[2]]);
  });

  it('is idle when everything admitted is answered', async () => {
    const { made, finish } = lanes();
    let idle = false;
    void made.submit(item(1));
    const waiting = made.idle().then(() => (idle = true));
    await turn();
    expect(idle).toBe(false);
    await finish();
    await waiting;
    expect(made.depth).toBe(0);
  });

  it('keeps the order of a lane and loses nothing', async () => {
    const plan = fc.array(fc.record({ lane: fc.nat(3), bytes: fc.nat(100_000), wait: fc.boolean() }), {
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(plan, async (items) => {
        const { made, batches, finish } = lanes();
        for (const [id, { lane, bytes, wait }] of items.entries()) {
          void made.submit({ id, lane, bytes });
          if (wait) await turn();
        }
        await finish();
        for (const lane of [0, 1]) {
          const own = items.flatMap((one, id) => (one.lane % 2 === lane ? [id] : []));
          const committed = batches.flat().filter((id) => (items[id]?.lane ?? 0) % 2 === lane);
          expect(committed).toEqual(own);
        }
      }),
    );
  });
});

describe('laneOf', () => {
  it('is stable, and tells tenants from rooms', () => {
    expect(laneOf('t', 'room')).toBe(laneOf('t', 'room'));
    expect(laneOf('ab', 'c')).not.toBe(laneOf('a', 'bc'));
    const lanesUsed = new Set(Array.from({ length: 50 }, (_, index) => laneOf('t', `room-${index}`) % 2));
    expect(lanesUsed).toEqual(new Set([0, 1]));
  });
});
