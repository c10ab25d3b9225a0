import { query } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BatchItem } from '../bus.js';
import { code, double, doubling, echo, gate, PATIENCE_MS, until, upTo, type World } from './world.js';

const anyNumber: unknown = expect.any(Number);
const anyText: unknown = expect.any(String);

export function failureCases(world: World): void {
  describe('failures', () => {
    it(
      'nobody serves: unavailable at once',
      async () => {
        const request = world.caller.request(double, { n: 1 }, { timeoutMs: 10_000 });
        await expect(request).rejects.toEqual(code('unavailable'));
        await expect(world.caller.request(double, { n: 1 })).rejects.toThrow(/Nobody serves test\.double/);
      },
      PATIENCE_MS,
    );

    it('no answer in time: unavailable, and when to come again', async () => {
      const held = gate();
      await world.service.serve(double, async (input) => {
        await held.opened;
        return input;
      });
      await world.service.flush();
      const request = world.caller.request(double, { n: 1 }, { timeoutMs: 60 });
      const error: unknown = await request.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'unavailable', details: { retryAfterMs: anyNumber } });
      held.open();
    });

    it('an answer that came while the caller stood still is not late', async () => {
      const standStill = (): void => {
        const until = performance.now() + 300;
        while (performance.now() < until);
      };
      /** Behind the answer, which leaves at the end of this turn, and before it can be read. */
      const afterAnswer = async (): Promise<void> => {
        for (let steps = 0; steps < 50; steps += 1) await Promise.resolve();
        setImmediate(standStill);
      };
      await world.service.serve(double, async ({ n }) => {
        void afterAnswer();
        return { n: n * 2 };
      });
      await world.service.flush();
      expect(await world.caller.request(double, { n: 4 }, { timeoutMs: 100 })).toEqual({ n: 8 });
    });

    it('work whose deadline passed while it waited is not done', async () => {
      const held = gate();
      const seen: number[] = [];
      const handler = async (input: { n: number }) => {
        seen.push(input.n);
        await held.opened;
        return input;
      };
      await world.service.serve(double, handler, { concurrency: 1 });
      await world.service.flush();
      const first = world.caller.request(double, { n: 1 });
      const second = world.caller.request(double, { n: 2 }, { timeoutMs: 60 });
      await expect(second).rejects.toEqual(code('unavailable'));
      held.open();
      expect(await first).toEqual({ n: 1 });
      expect(await world.caller.request(double, { n: 3 })).toEqual({ n: 3 });
      expect(seen).toEqual([1, 3]);
      expect(world.drops).toContain('expired');
    });

    it('a batch whose deadline passed while it waited is not done', async () => {
      const held = gate();
      const seen: number[] = [];
      const handler = async (items: readonly BatchItem<{ n: number }>[]) => {
        seen.push(...items.map(({ input }) => input.n));
        await held.opened;
        return doubling(items);
      };
      await world.service.serveBatch(double, handler, { concurrency: 1 });
      await world.service.flush();
      const first = world.caller.request(double, { n: 1 });
      await until(() => seen.length === 1);
      await expect(world.caller.request(double, { n: 2 }, { timeoutMs: 60 })).rejects.toEqual(code('unavailable'));
      held.open();
      expect(await first).toEqual({ n: 2 });
      await world.caller.request(double, { n: 3 });
      expect(seen).toEqual([1, 3]);
    });

    it('a coded error crosses with its code, message and details', async () => {
      await world.service.serve(double, async () => {
        throw new ParlanceError('conflict', 'Taken.', { fields: { id: 'is taken' }, retryAfterMs: 7, roomId: 'r1' });
      });
      await world.service.flush();
      const error: unknown = await world.caller.request(double, { n: 1 }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ParlanceError);
      expect(error).toMatchObject({
        code: 'conflict',
        message: 'Taken.',
        details: { fields: { id: 'is taken' }, retryAfterMs: 7, roomId: 'r1' },
      });
    });

    it('one item of a batch fails without the others', async () => {
      await world.service.serveBatch(double, async (items) =>
        items.map(({ input }) =>
          input.n === 1
            ? { ok: false, error: new ParlanceError('not-found', 'No such number.') }
            : { ok: true, value: input },
        ),
      );
      await world.service.flush();
      const outcomes = await Promise.allSettled(upTo(3).map((n) => world.caller.request(double, { n })));
      expect(outcomes).toEqual([
        { status: 'fulfilled', value: { n: 0 } },
        { status: 'rejected', reason: code('not-found') },
        { status: 'fulfilled', value: { n: 2 } },
      ]);
    });

    it('anything else thrown is internal, told to the log and not to the caller', async () => {
      await world.service.serve(double, async () => {
        throw new TypeError('secret detail');
      });
      await world.service.flush();
      const error: unknown = await world.caller.request(double, { n: 1 }).catch((thrown: unknown) => thrown);
      expect(error).toEqual(code('internal'));
      expect(String(error)).not.toContain('secret detail');
      expect(world.logged).toEqual(['A bus handler failed.']);
    });

    it('a batch handler that throws, or forgets an answer, fails its items', async () => {
      await world.service.serveBatch(double, async (items) => {
        if (items.length > 1) return [{ ok: true, value: { n: 0 } }];
        throw new ParlanceError('overloaded', 'Busy.');
      });
      await world.service.flush();
      await expect(world.caller.request(double, { n: 1 })).rejects.toEqual(code('overloaded'));
      const outcomes = await Promise.allSettled([1, 2].map((n) => world.caller.request(double, { n })));
      expect(outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: code('internal') })));
    });

    it('an input that does not fit is invalid, by field, and never handled', async () => {
      let handled = 0;
      await world.service.serve(double, async (input) => {
        handled += 1;
        return input;
      });
      await world.service.flush();
      const loose = query('test.double', z.object({ n: z.unknown().optional() }), double.output);
      const outcomes = await Promise.allSettled([
        world.caller.request(loose, { n: 'one' }),
        world.caller.request(loose, { n: 2 }),
      ]);
      expect(outcomes).toEqual([
        { status: 'rejected', reason: code('invalid') },
        { status: 'fulfilled', value: { n: 2 } },
      ]);
      await expect(world.caller.request(loose, {})).rejects.toMatchObject({
        details: { fields: { n: anyText } },
      });
      expect(handled).toBe(1);
    });

    it('an answer that does not fit is internal, and logged', async () => {
      const loose = query('test.double', double.input, z.object({ n: z.unknown() }));
      await world.service.serve(loose, async () => ({ n: 'two' }));
      await world.service.flush();
      await expect(world.caller.request(double, { n: 1 })).rejects.toEqual(code('internal'));
      expect(world.logged).toEqual(['An answer on the bus does not fit its contract.']);
    });

    it('another version of a contract is unsupported', async () => {
      await world.service.serve(double, async (input) => input);
      await world.service.flush();
      await expect(world.caller.request({ ...double, v: 2 }, { n: 1 })).rejects.toEqual(code('unsupported'));
    });

    it('an input over the transport’s limit is too large at once, served or not', async () => {
      await expect(world.caller.request(echo, { text: 'x'.repeat(2_000_000) })).rejects.toEqual(code('too-large'));
    });

    it('an answer over the transport’s limit is too large, and its neighbours are answered', async () => {
      await world.service.serve(echo, async ({ text }) => ({ text: text === 'long' ? 'x'.repeat(2_000_000) : text }));
      await world.service.flush();
      const outcomes = await Promise.allSettled(['long', 'short'].map((text) => world.caller.request(echo, { text })));
      expect(outcomes).toEqual([
        { status: 'rejected', reason: code('too-large') },
        { status: 'fulfilled', value: { text: 'short' } },
      ]);
    });

    it('too many unanswered requests are overloaded', async () => {
      const bounded = await world.hub.connect('bounded', world.options({ maxPending: 3 }));
      const held = gate();
      await world.service.serve(double, async (input) => {
        await held.opened;
        return input;
      });
      await world.service.flush();
      const waiting = upTo(3).map((n) => bounded.request(double, { n }));
      await expect(bounded.request(double, { n: 3 })).rejects.toEqual(code('overloaded'));
      held.open();
      await Promise.all(waiting);
      expect(await bounded.request(double, { n: 4 })).toEqual({ n: 4 });
      await bounded.drain();
    });

    it('too many bytes in one turn are overloaded', async () => {
      await world.service.serve(echo, async () => ({ text: 'got it' }));
      await world.service.flush();
      const text = 'x'.repeat(1_000_000);
      const outcomes = await Promise.allSettled(upTo(20).map(() => world.caller.request(echo, { text })));
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      expect(refused).toEqual(refused.map(() => ({ status: 'rejected', reason: code('overloaded') })));
      expect(refused).toHaveLength(4);
      expect(await world.caller.request(echo, { text })).toEqual({ text: 'got it' });
    });

    it('a server with too much in flight answers overloaded', async () => {
      const held = gate();
      let taken = 0;
      const handler = async (input: { n: number }) => {
        taken += 1;
        await held.opened;
        return input;
      };
      await world.service.serve(double, handler, { maxInFlight: 2 });
      await world.service.flush();
      const waiting = [1, 2].map((n) => world.caller.request(double, { n }));
      await until(() => taken === 2);
      await expect(world.caller.request(double, { n: 3 })).rejects.toEqual(code('overloaded'));
      held.open();
      expect(await Promise.all(waiting)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await world.caller.request(double, { n: 4 })).toEqual({ n: 4 });
    });
  });
}
