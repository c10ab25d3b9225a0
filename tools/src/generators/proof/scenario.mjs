/** What is tried with a generated service and a generated dialect, in both ways to run everything here. */
import { namesOf } from '../names.mjs';

/**
 * @param {string} service
 * @param {string} dialect
 * @returns {string} a spec of apps/e2e
 */
export function scenario(service, dialect) {
  const { pascal, camel, snake } = namesOf(service);
  return `// needs: redis-server, nats-server
import { connectNats } from '@parlance/bus';
import { put${pascal}Entry, ${camel}Address, ${camel}Changed } from '@parlance/contracts';
import { keyed, refFor, startCluster, startStandalone, type Stack } from '@parlance/testing';
import { expect, it } from 'vitest';
import { CLIENTS, stage } from './people.js';

/** What one says on the new wire the other hears there. */
async function chat(stack: Stack): Promise<void> {
  const play = stage(stack);
  const [ann, bob] = [await play.world.user('ann'), await play.world.user('bob')];
  const room = await play.world.room([ann, bob], 'direct');
  const [one, other] = [await CLIENTS['${dialect}']?.(play, ann, 0), await CLIENTS['${dialect}']?.(play, bob, 1)];
  if (one === undefined || other === undefined) throw new Error('No client speaks ${dialect}.');
  for (const client of [one, other]) await client.openRoom(refFor(room, client.user));
  const text = keyed('generated', 'hello');
  const heard = other.nextEvent((event) => event.type === 'message' && event.text === text);
  expect(await one.send(refFor(room, ann), text)).toMatchObject({ status: 'acked' });
  expect((await heard).user).toBe(ann.id);
  await play.end();
}

it('runs in standalone', async () => {
  const stack = await startStandalone();
  const ready = await fetch(\`\${stack.url}/health/ready\`);
  expect(await ready.json()).toEqual({ ready: true, missing: [] });
  expect(await (await fetch(\`\${stack.url}/metrics\`)).text()).toMatch(/^${snake}_puts_total(?:\\{.*\\})? 0$/m);
  await chat(stack);
  expect(await stack.stop()).toBe(0);
});

it('runs in the cluster, and answers over the bus', async () => {
  const stack = await startCluster();
  expect(stack.victims).toEqual(expect.arrayContaining(['${service}-0', '${service}-1']));
  const bus = await connectNats({ name: 'spec', servers: stack.status.nats?.url ?? '' });
  const told: number[] = [];
  await bus.listen(${camel}Changed, ${camel}Address('acme'), ({ entry }) => void told.push(entry.version));
  await bus.flush();
  const put = { tenantId: 'acme', id: 'plan', text: 'tea at four' };
  expect((await bus.request(put${pascal}Entry, put)).entry.version).toBe(1);
  expect((await bus.request(put${pascal}Entry, put)).entry.version).toBe(2);
  await expect.poll(() => told).toEqual([1, 2]);
  await bus.drain();
  await chat(stack);
  expect(await stack.stop()).toBe(0);
});
`;
}
