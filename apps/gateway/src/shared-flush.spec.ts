import { expect, it } from 'vitest';
import { SharedFlush } from './shared-flush.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await turn();
};

it('flushes once for a turn, and once more for all that came meanwhile', async () => {
  const under: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const flush = new SharedFlush({
    flush: () => new Promise((resolve, reject) => under.push({ resolve, reject })),
  });
  const first = [flush.whenKnown(), flush.whenKnown()];
  await until(() => under.length === 1);
  const later = [flush.whenKnown()];
  await turn();
  later.push(flush.whenKnown());
  await turn();
  expect(under).toHaveLength(1);
  under[0]?.resolve();
  await Promise.all(first);
  await until(() => under.length === 2);
  const failed = Promise.allSettled(later);
  under[1]?.reject(new Error('away'));
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const last = flush.whenKnown();
  await until(() => under.length === 3);
  under[2]?.resolve();
  await last;
});
