import { gathered, query } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { double, doubling, echo, gate, upTo, type World } from './world.js';

export function requestCases(world: World): void {
  describe('requests', () => {
    it('are answered', async () => {
      await world.service.serve(double, async ({ n }) => ({ n: n * 2 }));
      await world.service.flush();
      expect(await world.caller.request(double, { n: 21 })).toEqual({ n: 42 });
    });

    it('of one turn reach the handler together, and each gets its own answer', async () => {
      const sizes: number[] = [];
      await world.service.serveBatch(double, async (items) => {
        sizes.push(items.length);
        return doubling(items);
      });
      await world.service.flush();
      const answers = await Promise.all(upTo(100).map((n) => world.caller.request(double, { n })));
      expect(answers.map(({ n }) => n)).toEqual(upTo(100).map((n) => n * 2));
      expect(sizes).toEqual([100]);
    });

    it('of several turns reach the handler together while much is unanswered', async () => {
      const held = gate();
      const sizes: number[] = [];
      await world.service.serveBatch(double, async (items) => {
        sizes.push(items.length);
        await held.opened;
        return doubling(items);
      });
      await world.service.flush();
      const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      const answers: Promise<{ n: number }>[] = [];
      for (const n of upTo(40)) {
        answers.push(world.caller.request(double, { n }));
        await nextTurn();
      }
      held.open();
      expect((await Promise.all(answers)).map(({ n }) => n)).toEqual(upTo(40).map((n) => n * 2));
      expect(sizes.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 1));
      expect(sizes.length).toBeLessThan(40);
    });

    it('of a contract that gathers leave after a while together, or when they are many', async () => {
      for (const [gatherMs, count] of [
        [500, 3],
        [60_000, 64],
      ] as const) {
        const contract = gathered(
          query(`test.gathered-${count}`, z.object({ n: z.number() }), z.object({ n: z.number() })),
          gatherMs,
        );
        const sizes: number[] = [];
        await world.service.serveBatch(contract, async (items) => {
          sizes.push(items.length);
          return doubling(items);
        });
        await world.service.flush();
        const answers = upTo(2).map((n) => world.caller.request(contract, { n }));
        await Promise.all(answers);
        for (const n of upTo(count)) {
          answers.push(world.caller.request(contract, { n }));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(answers);
        expect(sizes).toEqual([2, count]);
      }
    });

    it('of a contract that gathers never wait when they come one by one', async () => {
      const contract = gathered(double, 60_000);
      await world.service.serve(contract, async ({ n }) => ({ n: n * 2 }));
      await world.service.flush();
      for (const n of upTo(3)) expect(await world.caller.request(contract, { n })).toEqual({ n: n * 2 });
    });

    it('over 256 in a turn are split, in order', async () => {
      const batches: number[][] = [];
      await world.service.serveBatch(double, async (items) => {
        batches.push(items.map(({ input }) => input.n));
        return doubling(items);
      });
      await world.service.flush();
      await Promise.all(upTo(600).map((n) => world.caller.request(double, { n })));
      expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88]);
      expect(batches.flat()).toEqual(upTo(600));
    });

    it('over 256 KB in a turn are split', async () => {
      const sizes: number[] = [];
      await world.service.serveBatch(echo, async (items) => {
        sizes.push(items.length);
        return items.map(({ input }) => ({ ok: true, value: input }));
      });
      await world.service.flush();
      const text = 'x'.repeat(100_000);
      await Promise.all(upTo(5).map(() => world.caller.request(echo, { text })));
      expect(sizes).toEqual([2, 2, 1]);
    });

    it('are shared by the servers of a contract: each is handled exactly once', async () => {
      const other = await world.hub.connect('other', world.options());
      const seen: number[] = [];
      const handler = async ({ n }: { n: number }) => {
        seen.push(n);
        return { n };
      };
      await world.service.serve(double, handler);
      await other.serve(double, handler);
      await Promise.all([world.service.flush(), other.flush()]);
      for (const n of upTo(50)) await world.caller.request(double, { n });
      expect(seen).toEqual(upTo(50));
      await other.drain();
    });

    it('carry their trace and what is left of their time', async () => {
      const contexts: unknown[] = [];
      await world.service.serve(double, async (input, context) => {
        contexts.push([context.trace, context.deadline - Date.now() <= 5000]);
        return input;
      });
      await world.service.flush();
      await Promise.all([
        world.caller.request(double, { n: 1 }, { trace: 't1', timeoutMs: 5000 }),
        world.caller.request(double, { n: 2 }),
      ]);
      expect(contexts).toEqual([
        ['t1', true],
        [null, true],
      ]);
    });

    it('do not wait for a slow neighbour of the same turn', async () => {
      const slow = gate();
      await world.service.serve(double, async ({ n }) => {
        if (n === 0) await slow.opened;
        return { n };
      });
      await world.service.flush();
      const held = world.caller.request(double, { n: 0 });
      expect(await world.caller.request(double, { n: 1 })).toEqual({ n: 1 });
      const rest = await Promise.all([2, 3].map((n) => world.caller.request(double, { n })));
      expect(rest).toEqual([{ n: 2 }, { n: 3 }]);
      slow.open();
      expect(await held).toEqual({ n: 0 });
    });

    it('never share an object with the handler', async () => {
      const input = { text: 'mine' };
      await world.service.serve(echo, async (received) => {
        received.text = 'changed';
        return received;
      });
      await world.service.flush();
      expect(await world.caller.request(echo, input)).toEqual({ text: 'changed' });
      expect(input).toEqual({ text: 'mine' });
    });

    it('never run in the caller’s stack', async () => {
      const order: string[] = [];
      await world.service.serve(double, async (input) => {
        order.push('handled');
        return input;
      });
      await world.service.flush();
      const answer = world.caller.request(double, { n: 1 });
      order.push('asked');
      await answer;
      expect(order).toEqual(['asked', 'handled']);
    });

    it('get answers that together exceed a message', async () => {
      const text = 'ü'.repeat(150_000);
      await world.service.serve(double, async () => ({ n: 0 }));
      const long = query('test.long', z.object({ n: z.number() }), z.object({ text: z.string() }));
      await world.service.serveBatch(long, async (items) => items.map(() => ({ ok: true, value: { text } })));
      await world.service.flush();
      const answers = await Promise.all(upTo(10).map((n) => world.caller.request(long, { n })));
      expect(answers.every((answer) => answer.text === text)).toBe(true);
    });
  });

  describe('limits of a message', () => {
    it('hold for as many long traces and items as one turn has', async () => {
      await world.service.serveBatch(echo, async (items) => items.map(({ input }) => ({ ok: true, value: input })));
      await world.service.flush();
      const text = 'x'.repeat(4_000);
      const ask = (n: number) => world.caller.request(echo, { text }, { trace: `${n}`.padEnd(2_000, 'é') });
      const answers = await Promise.all(upTo(600).map(ask));
      expect(answers).toHaveLength(600);
    });
  });
}
