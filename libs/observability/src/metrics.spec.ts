import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('counts, measures and observes, in the Prometheus text format', async () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'message_sends_total', help: 'Sends.', labels: ['outcome'] }).inc({ outcome: 'ok' }, 2);
    metrics.gauge({ name: 'gateway_sockets_count', help: 'Sockets.', read: () => 7 });
    metrics.histogram({ name: 'message_commit_seconds', help: 'Commit.', buckets: [0.1, 1] }).observe(0.5);
    const text = await metrics.text();
    expect(text).toContain('message_sends_total{outcome="ok"} 2');
    expect(text).toContain('gateway_sockets_count 7');
    expect(text).toContain('message_commit_seconds_bucket{le="1"} 1');
    expect(metrics.contentType).toContain('text/plain');
  });

  it('names the service in every series, and shows a series before its first event', async () => {
    const metrics = new Metrics({ service: 'toy' });
    const series = [{ reason: 'late' }, { reason: 'full' }];
    metrics.counter({ name: 'toy_drops_total', help: 'Drops.', labels: ['reason'], series }).inc({ reason: 'late' });
    const text = await metrics.text();
    expect(text).toContain('toy_drops_total{reason="late",service="toy"} 1');
    expect(text).toContain('toy_drops_total{reason="full",service="toy"} 0');
  });

  it('exports of a quick histogram what it would of any other', async () => {
    const [plain, quick] = [new Metrics({ service: 'toy' }), new Metrics({ service: 'toy' })];
    const options = { name: 'toy_work_seconds', help: 'Work.', buckets: [0.1, 0.5, 2] } as const;
    const [slow, fast] = [plain.histogram(options), quick.quickHistogram(options)];
    expect(await quick.text()).toBe(await plain.text());
    for (const value of [0, 0.1, 0.25, 0.5, 0.75, 2, 3, 1_000]) {
      slow.observe(value);
      fast.record(value);
    }
    expect(await quick.text()).toBe(await plain.text());
  });

  it('keeps instances apart and gives the same metric for the same name', async () => {
    const [first, second] = [new Metrics(), new Metrics({ processMetrics: true })];
    const options = { name: 'bus_requests_total', help: 'Requests.' } as const;
    first.counter(options).inc();
    first.counter(options).inc();
    expect(await first.text()).toContain('bus_requests_total 2');
    expect(await second.text()).not.toContain('bus_requests_total');
    expect(await second.text()).toContain('process_cpu_seconds_total');
  });

  it('refuses a name without service, noun and unit, and one name for two kinds', () => {
    const metrics = new Metrics();
    expect(() => metrics.counter({ name: 'Message_sends_total', help: 'x' })).toThrow('<service>_<noun>_<unit>');
    metrics.gauge({ name: 'bus_queue_seconds', help: 'x' });
    expect(() => metrics.histogram({ name: 'bus_queue_seconds', help: 'x' })).toThrow('another kind');
  });
});
