import { describe, expect, it } from 'vitest';
import { TurnBatch } from './turn-batch.js';

describe('a turn batch', () => {
  it('loads what is asked for in one turn together, in order, and later questions apart', async () => {
    const loads: (readonly number[])[] = [];
    const batch = new TurnBatch<number, number>({
      load: async (questions) => {
        loads.push(questions);
        return questions.map((question) => question * 2);
      },
    });
    expect(await Promise.all([3, 1, 3].map((question) => batch.ask(question)))).toEqual([6, 2, 6]);
    expect(await batch.ask(4)).toBe(8);
    expect(loads).toEqual([[3, 1, 3], [4]]);
  });

  it('never lets a question join a load that has begun', async () => {
    let value = 'old';
    let proceed: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (proceed = resolve));
    const batch = new TurnBatch<string, string>({
      load: async (questions) => {
        const read = value;
        await gate;
        return questions.map(() => read);
      },
    });
    const early = batch.ask('name');
    await new Promise((resolve) => setImmediate(resolve));
    value = 'new';
    const late = batch.ask('name');
    proceed();
    expect(await Promise.all([early, late])).toEqual(['old', 'new']);
  });

  it('cuts a large turn by weight; what is too heavy goes alone', async () => {
    const loads: (readonly number[])[] = [];
    const batch = new TurnBatch<number, number>({
      load: async (questions) => {
        loads.push(questions);
        return questions;
      },
      weigh: (question) => question,
      max: 10,
    });
    await Promise.all([4, 6, 1, 25, 9, 1].map((question) => batch.ask(question)));
    expect(loads).toEqual([[4, 6], [1], [25], [9, 1]]);
  });

  it('fails the questions of a failed load, and no others', async () => {
    const batch = new TurnBatch<string, string>({
      load: async (questions) => {
        if (questions.includes('bad')) throw new Error('away');
        return questions;
      },
      max: 1,
    });
    const outcomes = await Promise.allSettled(['good', 'bad', 'fine'].map((question) => batch.ask(question)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails loudly when a load leaves a question unanswered', async () => {
    const batch = new TurnBatch<string, string>({ load: async () => [] });
    await expect(batch.ask('name')).rejects.toThrow('answer every question');
  });
});
