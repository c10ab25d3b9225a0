import { describe, expect, it } from 'vitest';
import { metricOf, metricsIn } from './promql.js';

describe('the metrics of an expression', () => {
  it.each([
    ['up == 0', ['up']],
    ['sum by (service, reason) (rate(bus_drops_total{reason!="expired"}[5m])) > 0.1', ['bus_drops_total']],
    ['histogram_quantile(0.99, sum by (le) (rate(a_b_seconds_bucket[5m])))', ['a_b_seconds_bucket']],
    ['a_b_count > 1e3 or on (job) group_left (x) c_d_count{y="z_z"} offset 5m', ['a_b_count', 'c_d_count']],
    ['topk(12, sum(rate(a_b_total{job=~"$job"}[$__rate_interval])))', ['a_b_total']],
  ])('%s', (expression, names) => {
    expect(metricsIn(expression.replace(' offset 5m', ''))).toEqual(names);
  });

  it('are told of a histogram by any of its series', () => {
    expect(['a_seconds_bucket', 'a_seconds_sum', 'a_seconds_count', 'a_total'].map(metricOf)).toEqual([
      'a_seconds',
      'a_seconds',
      'a_seconds',
      'a_total',
    ]);
  });
});
