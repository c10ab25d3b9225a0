import { describe, expect, it } from 'vitest';
import { durableReport, ratioOf } from './durable-report.js';
import type { Measurement } from './measurement.js';

const latencies = { p50: 1.23, p99: 45.67 };

function measured(system: string, perSecond: number): Measurement {
  return {
    system,
    perSecond,
    delivery: latencies,
    acknowledgement: latencies,
    cpuUs: { postgres: 40, generator: 12.5 },
    machine: 1.9,
    other: 0.1,
    memoryMb: { postgres: 80, generator: 90 },
    fixed: { delivery: latencies, acknowledgement: latencies },
    loadBefore: '0.10 0.20 0.30',
  };
}

const ROUNDS = [
  measured('peer', 1_000),
  measured('parlance', 3_000),
  measured('peer', 2_000),
  measured('parlance', 2_000),
  measured('peer', 1_000),
  measured('parlance', 1_500),
];

describe('ratioOf', () => {
  it('compares round by round and takes the middle', () => {
    expect(ratioOf(ROUNDS, 'parlance', 'peer')).toBe(1.5);
  });

  it('leaves out a round that has only one side', () => {
    expect(ratioOf(ROUNDS.slice(0, 3), 'parlance', 'peer')).toBe(3);
    expect(ratioOf([measured('parlance', 1)], 'parlance', 'peer')).toBeNaN();
  });
});

describe('durableReport', () => {
  it('tells rates, latencies, CPU, the ratio and that nothing is lost', () => {
    const report = durableReport({ pairs: 5, rate: 1_200, measurements: ROUNDS, sent: 1_234, faults: [] });
    expect(report).toContain('ratio parlance/peer: 1.50');
    expect(report).toContain('1.2 / 45.7');
    expect(report).toMatch(/postgres +40\.0 +0\.08 +80/);
    expect(report).toContain('1234 messages sent, lost = 0');
  });

  it('tells what went wrong instead', () => {
    const faults = ['parlance: 2 lost', 'peer: 1 repeated'];
    const report = durableReport({ pairs: 5, rate: 1, measurements: ROUNDS, sent: 3, faults });
    expect(report).toContain('FAILED: parlance: 2 lost; peer: 1 repeated');
    expect(report).not.toContain('lost = 0');
  });
});
