import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { GroupCommit, type GroupItem } from './group-commit.js';

interface Item extends GroupItem {
  readonly name: string;
}

const FAR = 1_000_000;
const item = (name: string, deadline = FAR): Item => ({ name, deadline, bytes: 1, lane: 0 });

function group(commit: (names: readonly string[]) => Promise<void>, maxItems = 10) {
  const failures: unknown[] = [];
  const committed: string[] = [];
  const made = new GroupCommit<Item, string>({
    lanes: 1,
    maxItems,
    maxBytes: 100,
    clock: () => 0,
    commit: async (items) => {
      const names = items.map(({ name }) => name);
      await commit(names);
      committed.push(...names);
      return names.map((value) => ({ ok: true, value }));
    },
    onFailure: (error) => failures.push(error),
  });
  return { made, committed, failures };
}

describe('a group commit', () => {
  it('answers each item with its own', async () => {
    const { made } = group(async () => undefined);
    const answers = await Promise.all(['a', 'b'].map(async (name) => made.submit(item(name))));
    expect(answers).toEqual([
      { ok: true, value: 'a' },
      { ok: true, value: 'b' },
    ]);
    await made.idle();
    expect(made.depth).toBe(0);
  });

  it('lets one bad item fail alone', async () => {
    const { made, committed, failures } = group(async (names) => {
      if (names.includes('bad')) throw new Error('broken');
    });
    const answers = await Promise.all(['a', 'bad', 'b'].map(async (name) => made.submit(item(name))));
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(answers[1]).toMatchObject({ error: { code: 'internal' } });
    expect([committed, failures.length]).toEqual([['a', 'b'], 1]);
  });

  it('tells all that the database is away, without trying each', async () => {
    let tries = 0;
    const { made } = group(async () => {
      tries += 1;
      throw new ParlanceError('unavailable', 'away');
    });
    const answers = await Promise.all(['a', 'b'].map(async (name) => made.submit(item(name))));
    expect(answers).toMatchObject([{ error: { code: 'unavailable' } }, { error: { code: 'unavailable' } }]);
    expect(tries).toBe(1);
  });

  it('refuses what does not fit into the queue, and drops what nobody waits for', async () => {
    const { made, committed } = group(async () => undefined, 2);
    const answers = await Promise.all([made.submit(item('late', 0)), made.submit(item('a')), made.submit(item('b'))]);
    expect(answers).toMatchObject([
      { error: { code: 'unavailable' } },
      { ok: true },
      { error: { code: 'overloaded', details: { retryAfterMs: expect.any(Number) } } },
    ]);
    expect(committed).toEqual(['a']);
  });
});
