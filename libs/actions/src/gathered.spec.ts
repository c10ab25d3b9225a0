import { ParlanceError } from '@parlance/domain';
import { expect, it } from 'vitest';
import { Gathered } from './gathered.js';

const options = { page: 3, maxWaiting: 10, gatherMs: 0 };

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

it('asks what came within a turn, and what came meanwhile, together, a page at a time', async () => {
  const asked: string[][] = [];
  const held = gate();
  const gathered = new Gathered<string, string>({
    ...options,
    ask: async (group, questions) => {
      asked.push([group, ...questions]);
      await held.opened;
      return questions.map((question) => `${group}:${question}`);
    },
  });
  const first = ['a', 'b'].map((question) => gathered.ask('one', question));
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const second = gathered.ask('two', 'c');
  while (asked.length === 1) await new Promise((resolve) => setImmediate(resolve));
  const later = ['d', 'e', 'f', 'g'].map((question) => gathered.ask('one', question));
  held.open();
  expect(await Promise.all([...first, second, ...later])).toEqual([
    ...['one:a', 'one:b', 'two:c', 'one:d', 'one:e', 'one:f', 'one:g'],
  ]);
  expect(asked).toEqual([
    ['one', 'a', 'b'],
    ['two', 'c'],
    ['one', 'd', 'e', 'f'],
    ['one', 'g'],
  ]);
});

it('gathers for a while after a page of several', async () => {
  const asked: string[][] = [];
  const gathered = new Gathered<string, string>({
    ...options,
    gatherMs: 300,
    ask: async (_, questions) => {
      asked.push([...questions]);
      return questions;
    },
  });
  await Promise.all(['a', 'b'].map((question) => gathered.ask('one', question)));
  const later: Promise<string>[] = [];
  for (const question of ['c', 'd']) {
    later.push(gathered.ask('one', question));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(later)).toEqual(['c', 'd']);
  expect(asked).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

it('answers the others although one cannot be answered', async () => {
  const gathered = new Gathered<string, string>({
    ...options,
    ask: async (_, questions) => {
      if (questions.includes('bad')) throw new ParlanceError('invalid', 'bad');
      return questions;
    },
  });
  const answers = await Promise.allSettled(['a', 'bad', 'b'].map((question) => gathered.ask('one', question)));
  expect(answers).toMatchObject([{ value: 'a' }, { reason: { code: 'invalid' } }, { value: 'b' }]);
});

it('tells all of a page that the answer is not to be had now, and asks anew for the next', async () => {
  let away = true;
  const gathered = new Gathered<string, string>({
    ...options,
    ask: async (_, questions) => {
      if (away) throw new ParlanceError('unavailable', 'away');
      return questions;
    },
  });
  const failed = await Promise.allSettled(['a', 'b'].map((question) => gathered.ask('one', question)));
  expect(failed).toMatchObject([{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }]);
  away = false;
  expect(await gathered.ask('one', 'a')).toBe('a');
});

it('takes no more than may wait', async () => {
  const gathered = new Gathered<number, number>({ ...options, ask: async (_, questions) => questions });
  const all = Array.from({ length: 12 }, (_, n) => gathered.ask('one', n));
  const answers = await Promise.allSettled(all);
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(answers.slice(10)).toMatchObject(Array.from({ length: 2 }, () => ({ reason: { code: 'overloaded' } })));
});
