import { refFor, startStandalone, TraceReceiver, until, type StandaloneStack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliveredTrace, pathsIn, Talk } from './traced-talk.fixture.js';

const WAY = 'gateway.frame > message.send > message.commit > message.publish > gateway.deliver';

/** A limit against hanging. */
const START_MS = 120_000;

let receiver: TraceReceiver;
let stack: StandaloneStack;
let talk: Talk;

beforeAll(async () => {
  receiver = await TraceReceiver.start();
  stack = await startStandalone({ env: { PARLANCE_TRACE_URL: receiver.url, PARLANCE_TRACE_RATIO: '1' } });
  talk = await Talk.begin(stack);
}, START_MS);

afterAll(async () => {
  await talk.end();
  await stack.stop();
});

async function counted(outcome: string): Promise<number> {
  const text = await (await fetch(`${stack.url}/metrics`)).text();
  return Number(new RegExp(`^tracing_spans_total\\{outcome="${outcome}",.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
}

describe('traces of a whole stack in one process', () => {
  it('hold the same steps; and when the collector goes, the log says so once and messages go on', async () => {
    const [one, other] = [await talk.user('ann'), await talk.user('bob')];
    const room = await talk.room(one, other);
    const [ann, bob] = [await talk.enter(one, 0), await talk.enter(other, 0)];
    for (const client of [ann, bob]) await client.openRoom(refFor(room, client.user));
    await talk.say(ann, bob, room);
    const trace = await receiver.until((spans) => deliveredTrace(spans, 'gateway.frame', 1));
    expect(pathsIn(trace)).toContain(WAY);
    expect(new Set(trace.map(({ service }) => service))).toEqual(new Set(['standalone']));

    await receiver.stop();
    await talk.say(bob, ann, room);
    await until(
      'the loss is told',
      () => stack.log().includes('"code":"traces-not-sent"'),
      () => undefined,
    );
    await talk.say(ann, bob, room);
    expect(stack.log().split('traces-not-sent')).toHaveLength(2);
    expect(await counted('failed')).toBeGreaterThan(0);
    expect((await fetch(`${stack.url}/health/ready`)).status).toBe(200);
  });
});
