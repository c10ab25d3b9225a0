import { describe, expect, it } from 'vitest';
import type { Bus } from '../bus.js';
import { code, double, echo, gate, noted, PATIENCE_MS, statusOf, until, upTo, type World } from './world.js';

export function absenceCases(world: World): void {
  describe('the server away', () => {
    it(
      'fails requests, world.drops events, and recovers by itself with its subscriptions',
      async () => {
        const heard: number[] = [];
        await world.service.serve(double, async ({ n }) => ({ n: n * 2 }));
        await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await Promise.all([world.caller.flush(), world.service.flush()]);
        const lost = Promise.all([world.caller, world.service].map((bus) => statusOf(bus, 'disconnected')));
        await world.hub.goAway();
        await lost;
        expect(world.caller.connected).toBe(false);
        world.caller.publish(noted, 'test.a', { n: 1 });
        expect(world.drops).toEqual(['disconnected']);
        await expect(world.caller.flush()).rejects.toEqual(code('unavailable'));
        await expect(world.caller.request(double, { n: 1 }, { timeoutMs: 10_000 })).rejects.toEqual(
          code('unavailable'),
        );
        const back = Promise.all([world.caller, world.service].map((bus) => statusOf(bus, 'connected')));
        await world.hub.comeBack();
        await back;
        await Promise.all([world.caller.flush(), world.service.flush()]);
        expect(await world.caller.request(double, { n: 2 })).toEqual({ n: 4 });
        world.service.publish(noted, 'test.a', { n: 2 });
        await until(() => heard.length > 0);
        expect(heard).toEqual([2]);
      },
      PATIENCE_MS,
    );

    it(
      'fails what was on the wire soon, however patient its caller',
      async () => {
        const taken = gate();
        const held = gate();
        await world.service.serve(double, async (input) => {
          taken.open();
          await held.opened;
          return input;
        });
        await world.service.flush();
        const request = world.caller.request(double, { n: 1 }, { timeoutMs: 10_000 });
        await taken.opened;
        await world.hub.goAway();
        await expect(request).rejects.toEqual(code('unavailable'));
        held.open();
        await world.hub.comeBack();
      },
      PATIENCE_MS,
    );

    it('refuses requests at once when it has been away for a while', async () => {
      const lost = statusOf(world.caller, 'disconnected');
      await world.hub.goAway();
      await lost;
      // The first one waits for the connection to come back, and gives up.
      await expect(world.caller.request(double, { n: 1 })).rejects.toEqual(code('unavailable'));
      const order: string[] = [];
      const refused = world.caller.request(double, { n: 2 }).catch(() => order.push('refused'));
      const turn = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('next turn'));
      await Promise.all([refused, turn]);
      expect(order).toEqual(['refused', 'next turn']);
      await world.hub.comeBack();
    });

    it('keeps a request that is asked during a short absence', async () => {
      await world.service.serve(double, async ({ n }) => ({ n: n * 2 }));
      await Promise.all([world.caller.flush(), world.service.flush()]);
      const lost = Promise.all([world.caller, world.service].map((bus) => statusOf(bus, 'disconnected')));
      await world.hub.goAway();
      await lost;
      const outcome: Promise<unknown> = world.caller.request(double, { n: 4 }).catch((error: unknown) => error);
      await world.hub.comeBack();
      // The service may come back later than the caller: then the answer is a retryable error, never silence.
      expect([{ n: 8 }, code('unavailable')]).toContainEqual(await outcome);
    });
  });

  describe('drain', () => {
    it('finishes what was taken, refuses what comes, and closes', async () => {
      const taken = gate();
      const held = gate();
      await world.service.serve(double, async (input) => {
        taken.open();
        await held.opened;
        return input;
      });
      await world.service.flush();
      const inFlight = world.caller.request(double, { n: 1 });
      await taken.opened;
      const drained = world.service.drain();
      await expect(world.service.serve(echo, async (input) => input)).rejects.toEqual(code('unavailable'));
      await expect(world.service.listen(noted, 'test.a', () => undefined)).rejects.toEqual(code('unavailable'));
      await untilNobodyServes(world.caller);
      held.open();
      expect(await inFlight).toEqual({ n: 1 });
      await drained;
      await world.service.drain();
      expect(world.service.connected).toBe(false);
      await expect(world.service.request(double, { n: 1 })).rejects.toEqual(code('unavailable'));
    });

    it('lets a handler at work ask and publish until it is done', async () => {
      const taken = gate();
      const held = gate();
      const heard: number[] = [];
      await world.caller.serve(echo, async (input) => input);
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.service.serve(double, async (input) => {
        taken.open();
        await held.opened;
        await world.service.request(echo, { text: 'still here' });
        world.service.publish(noted, 'test.a', { n: 1 });
        return input;
      });
      await Promise.all([world.caller.flush(), world.service.flush()]);
      const answer = world.caller.request(double, { n: 1 });
      await taken.opened;
      const drained = world.service.drain();
      held.open();
      expect(await answer).toEqual({ n: 1 });
      await drained;
      await until(() => heard.length === 1);
    });

    it('leaves the requests to the other server', async () => {
      const other = await world.hub.connect('other', world.options());
      await world.service.serve(double, async () => ({ n: 1 }));
      await other.serve(double, async () => ({ n: 2 }));
      await Promise.all([world.service.flush(), other.flush()]);
      await world.service.drain();
      const answers = await Promise.all(upTo(20).map((n) => world.caller.request(double, { n })));
      expect(answers).toEqual(upTo(20).map(() => ({ n: 2 })));
      await other.drain();
    });
  });
}

/** Asks until the draining server has left the subject: a request that still reaches it waits there with the others. */
async function untilNobodyServes(bus: Bus): Promise<void> {
  for (;;) {
    const outcome: unknown = await bus.request(double, { n: 2 }, { timeoutMs: 100 }).catch((error: unknown) => error);
    expect(outcome).toEqual(code('unavailable'));
    if (String(outcome).includes('Nobody serves')) return;
  }
}
