import { describe, expect, it } from 'vitest';
import { factsReport, perCore, type FactsMeasurement } from './facts-report.js';

const measured = (system: string, perSecond: number, cpuUs: FactsMeasurement['cpuUs'], lost = 0): FactsMeasurement => ({
  ...{ system, perSecond, cpuUs, lost, loadBefore: '0 0 0' },
});

describe('the report of facts', () => {
  it('counts a core by the work of the system, without the generator’s', () => {
    expect(perCore(measured('x', 1, { service: 60, postgres: 40, generator: 900 }))).toBe(10_000);
  });

  it('compares the rounds one by one and tells the median', () => {
    const report = factsReport([
      measured('peer', 1_000, { postgres: 100 }),
      measured('parlance', 3_000, { postgres: 50 }),
      measured('peer', 2_000, { postgres: 100 }),
      measured('parlance', 4_000, { postgres: 50 }, 2),
      measured('peer', 1_000, { postgres: 100 }),
      measured('parlance', 9_000, { postgres: 50 }),
    ]);
    expect(report).toContain('parlance / peer, facts/s: 3.00');
    expect(report).toContain('parlance / peer, facts/s per core: 2.00');
    expect(report).toMatch(/parlance +4000 +20000 +2/);
  });
});
