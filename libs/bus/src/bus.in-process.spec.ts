import { event } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { busConformance } from './conformance.js';
import { createInProcessHub } from './in-process.js';

busConformance('in-process', async () => {
  const hub = createInProcessHub();
  const names = new Set<string>();
  return {
    connect: async (name, options) => {
      names.add(name);
      return hub.connect(name, options);
    },
    goAway: async () => names.forEach((name) => hub.partition(name)),
    comeBack: async () => names.forEach((name) => hub.heal(name)),
    stop: async () => undefined,
  };
});

describe('createInProcessHub', () => {
  const noted = event('test.noted', z.object({ n: z.number(), text: z.string() }));

  it('loses what a receiver cannot take in time, and counts it', async () => {
    const hub = createInProcessHub();
    const drops: string[] = [];
    const sender = hub.connect('sender');
    const receiver = hub.connect('receiver', { metrics: { onDrop: (reason) => drops.push(reason) } });
    const heard: number[] = [];
    await receiver.listen(noted, 'test.a', ({ n }) => heard.push(n));
    const text = 'x'.repeat(1_000_000);
    for (let n = 0; n < 40; n += 1) sender.publish(noted, 'test.a', { n, text });
    await receiver.drain();
    expect(heard).toEqual(Array.from({ length: 33 }, (_, n) => n));
    expect(drops).toEqual(Array.from({ length: 7 }, () => 'slow-consumer'));
    await sender.drain();
  });

  it('loses what was on its way when the receiver is cut off, and nothing after it is back', async () => {
    const hub = createInProcessHub();
    const [sender, receiver] = [hub.connect('sender'), hub.connect('receiver')];
    const heard: number[] = [];
    await receiver.listen(noted, 'test.a', ({ n }) => heard.push(n));
    sender.publish(noted, 'test.a', { n: 1, text: '' });
    hub.partition('receiver');
    sender.publish(noted, 'test.a', { n: 2, text: '' });
    hub.heal('receiver');
    sender.publish(noted, 'test.a', { n: 3, text: '' });
    await receiver.drain();
    expect(heard).toEqual([3]);
    await sender.drain();
  });
});
