import { describe, expect, it } from 'vitest';
import { alerts, dashboardQueries, documentedMetrics, panels, runbookAnchors } from './files.js';
import { metricOf, metricsIn } from './promql.js';

/** What Prometheus and its client library bring along. */
const GIVEN = /^(?:up|process_\w+|nodejs_\w+)$/;

const unknown = (expressions: readonly string[]): readonly string[] => {
  const known = new Set(documentedMetrics());
  const read = expressions.flatMap(metricsIn).map((name) => (known.has(name) ? name : metricOf(name)));
  return read.filter((name) => !known.has(name) && !GIVEN.test(name));
};

describe('the alerts', () => {
  it('have a name of their own each, and a section of the runbooks', () => {
    const names = alerts().map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const { alert, annotations } of alerts()) {
      expect(annotations.runbook).toBe(`tools/docs/runbooks.md#${alert.toLowerCase()}`);
    }
    expect([...runbookAnchors()].sort()).toEqual(names.map((name) => name.toLowerCase()).sort());
  });

  it('read metrics that are documented, and so exported (see stack.int.spec.ts)', () => {
    expect(unknown(alerts().map(({ expr }) => expr))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has panels with a number of their own and a query each', () => {
    const ids = panels().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, title, targets = [] } of panels())
      expect([title, targets.length > 0]).toEqual([title, type !== 'row']);
  });

  it('reads metrics that are documented, and so exported (see stack.int.spec.ts)', () => {
    expect(unknown(dashboardQueries())).toEqual([]);
  });
});
