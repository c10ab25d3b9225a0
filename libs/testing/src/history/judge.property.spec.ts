import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, missingDeliveries } from './judge.js';
import { MUTATIONS } from './mutations.fixture.js';
import type { Run } from './simulation.fixture.js';
import { Simulation } from './simulation.fixture.js';
import { describeVerdict } from './verdict.js';

const seed = Math.floor(Math.random() * 2 ** 31);
console.info(`history judge seed ${seed}`);

/** Enough for every kind of bug to find its place, few enough to read a counterexample. */
const steps = fc.integer({ min: 0, max: 80 });

function drawOf(gen: fc.GeneratorValue): (below: number) => number {
  return (below) => gen(fc.integer, { min: 0, max: below - 1 });
}

function judged({ events, log }: Run): ReturnType<typeof judge> {
  return judge(events, { logOf: () => log });
}

describe('the judge', () => {
  it('finds nothing in a run that kept every promise', () => {
    const property = fc.property(fc.gen(), steps, (gen, count) => {
      const run = new Simulation(drawOf(gen)).run(count);
      expect(describeVerdict(judged(run))).toContain('nothing lost');
      expect(missingDeliveries(run.events, { logOf: () => run.log })).toEqual([]);
    });
    fc.assert(property, { seed, numRuns: 300, endOnFailure: true });
  });

  it.each(MUTATIONS)('catches %s', (_, mutate) => {
    let planted = 0;
    const property = fc.property(fc.gen(), steps, (gen, count) => {
      const draw = drawOf(gen);
      const broken = mutate(new Simulation(draw).run(count), draw);
      if (broken === null) return;
      planted += 1;
      expect(judged(broken).ok).toBe(false);
    });
    fc.assert(property, { seed, numRuns: 150, endOnFailure: true });
    expect(planted).toBeGreaterThan(30);
  });
});
