// needs: redis-server, nats-server, prometheus
import {
  appUrls,
  PrivatePrometheus,
  refFor,
  startCluster,
  TraceReceiver,
  until,
  type ChatClient,
  type ClusterStack,
  type WorldRoom,
} from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { written } from '../docs/pages.js';
import { exportedMetrics, metricsOf, metricsPage, servicesIn } from './exposition.js';
import { ALERTS_FILE, alerts, dashboardQueries, METRICS_PAGE } from './files.js';
import { metricsIn } from './promql.js';
import { deliveredTrace, pathsIn, Talk } from './traced-talk.fixture.js';

const APPS = ['api', 'call', 'gamification', 'gateway', 'identity', 'message', 'presence'];
const FRAME = 'gateway.frame > message.send';
const STORED = ['message.commit', 'message.commit > message.publish'];
const DELIVERED = 'message.commit > message.publish > gateway.deliver';
/** Rounds of messages to many rooms after which some must have been committed together. */
const ROUNDS = 20;
const ROOMS = 8;
/** A limit against hanging: a loaded machine takes its time over fourteen processes. */
const START_MS = 180_000;

let receiver: TraceReceiver;
let cluster: ClusterStack;
let prometheus: PrivatePrometheus;
let talk: Talk;
let ann: ChatClient;
let bob: ChatClient;
let room: WorldRoom;

beforeAll(async () => {
  receiver = await TraceReceiver.start();
  const traces = { PARLANCE_TRACE_URL: receiver.url, PARLANCE_TRACE_RATIO: '1' };
  cluster = await startCluster({ env: { ...traces, PARLANCE_LIMIT_MESSAGES_BURST: '1000', LOG_LEVEL: 'warn' } });
  prometheus = await PrivatePrometheus.start({ targets: appUrls(cluster.status), rules: ALERTS_FILE });
  talk = await Talk.begin(cluster);
  const [one, other] = [await talk.user('ann'), await talk.user('bob')];
  room = await talk.room(one, other);
  [ann, bob] = [await talk.enter(one, 0), await talk.enter(other, 1)];
  for (const client of [ann, bob]) await client.openRoom(refFor(room, client.user));
  await talk.say(ann, bob, room);
}, START_MS);

afterAll(async () => {
  await talk.end();
  await Promise.all([prometheus.stop(), cluster.stop()]);
  await receiver.stop();
});

async function holds(query: string): Promise<void> {
  await until(
    query,
    async () => (await prometheus.query(query)).length > 0,
    () => undefined,
  );
}

describe('a message in a cluster', () => {
  it('is one trace: frame, bus, commit, publication, and its delivery by each of two gateways', async () => {
    const trace = await receiver.until((spans) => deliveredTrace(spans, 'gateway.frame', 2));
    // What a gateway has to ask before it can show the message for the first time hangs below its delivery.
    const way = pathsIn(trace).filter((path) => path.startsWith(FRAME) && !path.includes('gateway.deliver >'));
    expect(way).toEqual([
      FRAME,
      ...STORED.map((path) => `${FRAME} > ${path}`),
      ...[DELIVERED, DELIVERED].map((path) => `${FRAME} > ${path}`),
    ]);
    const [frame] = trace.filter(({ parentId }) => parentId === null);
    expect(frame).toMatchObject({ service: 'gateway', attributes: { dialect: 'minchat', tenantId: 'demo' } });
    for (const span of trace.filter(({ name }) => name.startsWith('message.'))) {
      expect(span).toMatchObject({ service: 'message', attributes: { tenantId: 'demo' } });
    }
    const deliveries = trace.filter(({ name }) => name === 'gateway.deliver');
    expect(new Set(deliveries.map(({ instance }) => instance)).size).toBe(2);
    expect(deliveries.map(({ instance }) => instance)).toContain(frame?.instance);
  });

  it('is one trace as well when it comes by REST', async () => {
    const heard = bob.nextEvent(({ type }) => type === 'message');
    await talk.api.send(room.id, { senderId: 'ann', text: talk.text() });
    await heard;
    const trace = await receiver.until((spans) => deliveredTrace(spans, 'api.request', 2));
    expect(pathsIn(trace)).toContain(`api.request > message.send > ${DELIVERED}`);
    expect(trace.find(({ parentId }) => parentId === null)).toMatchObject({
      service: 'api',
      attributes: { method: 'post', status: '201', tenantId: 'demo' },
    });
  });

  it('keeps a trace of its own when it is committed together with others, which are linked', async () => {
    const friends = await Promise.all(Array.from({ length: ROOMS }, (_, index) => talk.user(`friend${index}`)));
    const rooms = await Promise.all(friends.map((friend) => talk.room(ann.user, friend)));
    for (const one of rooms) await ann.openRoom(refFor(one, ann.user));
    const together = () => receiver.spans.find(({ name, links }) => name === 'message.commit' && links.length > 0);
    for (let round = 0; round < ROUNDS && together() === undefined; round += 1) {
      const before = receiver.spans.length;
      await Promise.all(rooms.map((one) => ann.send(refFor(one, ann.user), talk.text())));
      await receiver.until((spans) => (spans.length > before ? true : undefined));
    }
    const commit = together();
    const linked = await receiver.until((spans) => {
      const others = spans.filter(({ spanId }) => commit?.links.includes(spanId));
      return others.length > 0 ? others : undefined;
    });
    expect(linked.map(({ name }) => name)).toEqual(linked.map(() => 'message.send'));
    expect(linked.map(({ traceId }) => traceId)).not.toContain(commit?.traceId);
    expect(Number(commit?.attributes['items'])).toBe((commit?.links.length ?? 0) + 1);
  });
});

describe('Prometheus', () => {
  it('reads every process', async () => {
    const targets = async (): Promise<readonly string[]> => (await prometheus.targets()).map(({ health }) => health);
    await until(
      'all targets up',
      async () => (await targets()).filter((health) => health === 'up').length === appUrls(cluster.status).length,
      () => undefined,
    );
    for (const app of APPS) await holds(`count(process_cpu_seconds_total{job="parlance", service="${app}"}) >= 1`);
  });

  it.each([
    'sum(message_sends_total{outcome="ok"}) > 0',
    'sum(gateway_frames_total) > 0',
    'sum(gateway_deliveries_total) > 0',
    'sum(gateway_connections_count) == 2',
    'sum(message_commit_seconds_count) > 0 and sum(message_batch_items_count) > 0',
    'sum(gateway_frame_seconds_count) > 0 and sum(gateway_delivery_seconds_count) > 0',
    'sum(bus_answer_seconds_count{to="message"}) > 0',
    'sum(bus_served_requests_total{service="message", subject="message.send"}) > 0',
    'sum(http_request_seconds_count{service="api", status="2xx"}) > 0',
    'sum(message_relay_leader_count) == 1 and max(message_relay_lag_seconds) < 30',
    'sum(gamification_feed_leader_count) == 1 and max(gamification_feed_lag_seconds) < 30',
    'sum(gateway_lease_members_count) == 2 and max(gateway_lease_age_seconds) < 15',
    'min(gateway_whole_ratio) == 1',
    'sum by (reason) (bus_drops_total) and sum by (reason) (gateway_skipped_facts_total) or vector(1)',
    'sum(gateway_pulls_total) >= 0 and sum(gateway_resumes_total) >= 0 and sum(gateway_drops_total) >= 0',
    'sum(tracing_spans_total{outcome="sent"}) > 0',
  ])('%s', holds);

  it('has every metric that an alert or a panel of the dashboard reads', async () => {
    const series = (await prometheus.query('{__name__!=""}')).map(({ metric }) => metric['__name__']);
    // Where nothing has been counted yet, by the name of what failed, say, there is a metric without a series.
    const answers = await Promise.all(appUrls(cluster.status).map(metricsAt));
    const metrics = answers.flatMap(exportedMetrics).map(({ name }) => name);
    const known = new Set([...series, ...metrics]);
    const read = [...alerts().map(({ expr }) => expr), ...dashboardQueries()].flatMap(metricsIn);
    expect(read.length).toBeGreaterThan(50);
    expect(read.filter((name) => !known.has(name))).toEqual([]);
  });

  it('understands every alert, of which none fires, and every panel', async () => {
    const rules = await prometheus.rules();
    expect(rules.map(({ name }) => name).sort()).toEqual(
      alerts()
        .map(({ alert }) => alert)
        .sort(),
    );
    await until(
      'all rules evaluated',
      async () => (await prometheus.rules()).every(({ health }) => health === 'ok'),
      () => undefined,
    );
    expect((await prometheus.rules()).filter(({ state }) => state === 'firing')).toEqual([]);
    for (const query of dashboardQueries()) {
      await prometheus.query(query.replaceAll('$job', 'parlance').replaceAll('$__rate_interval', '1m'));
    }
  });
});

describe('the metrics', () => {
  it('name their service in every series, and stand in the docs as they are exported (vitest -u writes them)', async () => {
    const answers = await Promise.all(appUrls(cluster.status).map(metricsAt));
    for (const text of answers) expect(servicesIn(text)).toHaveLength(1);
    const named = answers.map((text) => [servicesIn(text)[0] ?? '', text] as const);
    expect(named.map(([service]) => service)).toEqual(expect.arrayContaining(APPS));
    // A service that somebody adds documents its own.
    const ours = named.filter(([service]) => APPS.includes(service));
    const page = await written('metrics.md', () => metricsPage(metricsOf(ours), APPS.length));
    await expect(page).toMatchFileSnapshot(METRICS_PAGE);
  });
});

async function metricsAt(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}
