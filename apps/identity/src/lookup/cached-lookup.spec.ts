import { describe, expect, it } from 'vitest';
import { CachedLookup } from './cached-lookup.js';

/** A lookup over a table that the test changes, counting the reads. */
function world(options: { max?: number; batch?: number } = {}) {
  const table = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const loads: (readonly string[])[] = [];
  let now = 0;
  let gate: Promise<void> = Promise.resolve();
  const lookup = new CachedLookup<number>({
    load: async (keys) => {
      loads.push(keys);
      const found = new Map([...table].filter(([key]) => keys.includes(key)));
      await gate;
      return found;
    },
    now: () => now,
    ...options,
  });
  return {
    lookup,
    table,
    loads,
    pass: (ms: number) => (now += ms),
    hold: () => {
      let release: () => void = () => undefined;
      gate = new Promise((resolve) => (release = resolve));
      return release;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a cached lookup', () => {
  it('reads with one query what is asked for in one turn', async () => {
    const { lookup, loads } = world();
    const answers = await Promise.all(['a', 'b', 'c', 'a'].map((key) => lookup.get(key)));
    expect(answers).toEqual([1, 2, null, 1]);
    expect(loads).toEqual([['a', 'b', 'c']]);
  });

  it('cuts a large turn into bounded queries', async () => {
    const { lookup, loads } = world({ batch: 100 });
    await Promise.all(Array.from({ length: 250 }, (_, index) => lookup.get(`k${index}`)));
    expect(loads.map((keys) => keys.length)).toEqual([100, 100, 50]);
  });

  it('remembers values for 30 s and misses for 5 s, or as the caller asks', async () => {
    const { lookup, table, loads, pass } = world();
    await Promise.all([lookup.get('a'), lookup.get('c')]);
    table.set('a', 10).set('c', 3);
    pass(4_999);
    expect(await Promise.all([lookup.get('a'), lookup.get('c')])).toEqual([1, null]);
    expect(loads).toHaveLength(1);
    pass(1);
    expect(await Promise.all([lookup.get('a'), lookup.get('c')])).toEqual([1, 3]);
    expect(await lookup.get('a', 1_000)).toBe(10);
  });

  it('reads anew after an eviction, also when the old answer is still under way', async () => {
    const { lookup, table, hold } = world();
    const release = hold();
    const early = lookup.get('a');
    await turn();
    table.set('a', 10);
    lookup.evict('a');
    const late = lookup.get('a');
    await turn();
    release();
    expect(await Promise.all([early, late])).toEqual([1, 10]);
    expect(await lookup.get('a')).toBe(10);
  });

  it('answers those who asked before an eviction in the same turn', async () => {
    const { lookup } = world();
    const asked = lookup.get('a');
    lookup.clear();
    expect(await asked).toBe(1);
  });

  it('passes an error on to all who wait and remembers none', async () => {
    let broken = true;
    const lookup = new CachedLookup<number>({
      load: async () => {
        if (broken) throw new Error('away');
        return new Map([['a', 1]]);
      },
      now: () => 0,
    });
    const both = await Promise.allSettled([lookup.get('a'), lookup.get('b')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await lookup.get('a')).toBe(1);
  });

  it('holds at most its maximum', async () => {
    const { lookup, loads } = world({ max: 1 });
    await lookup.get('a');
    await lookup.get('b');
    await lookup.get('a');
    expect(loads).toEqual([['a'], ['b'], ['a']]);
  });
});
