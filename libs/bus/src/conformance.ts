import { command, event, query, roomAddress, userAddress } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BatchAnswer, BatchItem, Bus } from './bus.js';
import type { BusOptions, DropReason } from './ports.js';

/** What the suite needs of a transport: connections to one server, and a way to take the server away from them and give it back. */
export interface TestHub {
  connect(name: string, options: BusOptions): Promise<Bus>;
  /** All connections lose the server; settles when the server is gone. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

const double = query('test.double', z.object({ n: z.number() }), z.object({ n: z.number() }));
const echo = command('test.echo', z.object({ text: z.string() }), z.object({ text: z.string() }));
const noted = event('test.noted', z.object({ n: z.number(), tags: z.array(z.string()).optional() }));

/** Shorter than the 10 s of a patient request: a failure that came by its timeout only would fail the test. */
const PATIENCE_MS = 8_000;

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const code = (expected: string) => expect.objectContaining({ code: expected });

/** A promise and its handle, to hold a handler until the test lets it go. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

function statusOf(bus: Bus, wanted: 'connected' | 'disconnected'): Promise<void> {
  return new Promise((resolve) => {
    const off = bus.onStatus((status) => {
      if (status !== wanted) return;
      off();
      resolve();
    });
  });
}

/** Waits until a condition holds that only other turns can bring about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function doubling(items: readonly BatchItem<{ n: number }>[]): Promise<readonly BatchAnswer<{ n: number }>[]> {
  return items.map(({ input }) => ({ ok: true, value: { n: input.n * 2 } }));
}

/** Every promise of the bus, for whichever transport: both pass the same suite. */
export function busConformance(name: string, makeHub: () => Promise<TestHub>): void {
  describe(`${name}: bus conformance`, () => {
    let hub: TestHub;
    let caller: Bus;
    let service: Bus;
    let logged: string[];
    let drops: DropReason[];
    let listenerErrors: number;

    const options = (more: BusOptions = {}): BusOptions => ({
      log: { warn: (_fields, line) => logged.push(line), error: (_fields, line) => logged.push(line) },
      metrics: { onDrop: (reason) => drops.push(reason), onListenerError: () => (listenerErrors += 1) },
      ...more,
    });

    beforeEach(async () => {
      logged = [];
      drops = [];
      listenerErrors = 0;
      hub = await makeHub();
      caller = await hub.connect('caller', options());
      service = await hub.connect('service', options());
    });

    afterEach(async () => {
      await Promise.all([caller.drain(), service.drain()]);
      await hub.stop();
    });

    describe('requests', () => {
      it('are answered', async () => {
        await service.serve(double, async ({ n }) => ({ n: n * 2 }));
        await service.flush();
        expect(await caller.request(double, { n: 21 })).toEqual({ n: 42 });
      });

      it('of one turn reach the handler together, and each gets its own answer', async () => {
        const sizes: number[] = [];
        await service.serveBatch(double, async (items) => {
          sizes.push(items.length);
          return doubling(items);
        });
        await service.flush();
        const answers = await Promise.all(upTo(100).map((n) => caller.request(double, { n })));
        expect(answers.map(({ n }) => n)).toEqual(upTo(100).map((n) => n * 2));
        expect(sizes).toEqual([100]);
      });

      it('over 256 in a turn are split, in order', async () => {
        const batches: number[][] = [];
        await service.serveBatch(double, async (items) => {
          batches.push(items.map(({ input }) => input.n));
          return doubling(items);
        });
        await service.flush();
        await Promise.all(upTo(600).map((n) => caller.request(double, { n })));
        expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88]);
        expect(batches.flat()).toEqual(upTo(600));
      });

      it('over 256 KB in a turn are split', async () => {
        const sizes: number[] = [];
        await service.serveBatch(echo, async (items) => {
          sizes.push(items.length);
          return items.map(({ input }) => ({ ok: true, value: input }));
        });
        await service.flush();
        const text = 'x'.repeat(100_000);
        await Promise.all(upTo(5).map(() => caller.request(echo, { text })));
        expect(sizes).toEqual([2, 2, 1]);
      });

      it('are shared by the servers of a contract: each is handled exactly once', async () => {
        const other = await hub.connect('other', options());
        const seen: number[] = [];
        const handler = async ({ n }: { n: number }) => {
          seen.push(n);
          return { n };
        };
        await service.serve(double, handler);
        await other.serve(double, handler);
        await Promise.all([service.flush(), other.flush()]);
        for (const n of upTo(50)) await caller.request(double, { n });
        expect(seen).toEqual(upTo(50));
        await other.drain();
      });

      it('carry their trace and what is left of their time', async () => {
        const contexts: unknown[] = [];
        await service.serve(double, async (input, context) => {
          contexts.push([context.trace, context.deadline - Date.now() <= 5000]);
          return input;
        });
        await service.flush();
        await Promise.all([
          caller.request(double, { n: 1 }, { trace: 't1', timeoutMs: 5000 }),
          caller.request(double, { n: 2 }),
        ]);
        expect(contexts).toEqual([
          ['t1', true],
          [null, true],
        ]);
      });

      it('do not wait for a slow neighbour of the same turn', async () => {
        const slow = gate();
        await service.serve(double, async ({ n }) => {
          if (n === 0) await slow.opened;
          return { n };
        });
        await service.flush();
        const held = caller.request(double, { n: 0 });
        expect(await caller.request(double, { n: 1 })).toEqual({ n: 1 });
        const rest = await Promise.all([2, 3].map((n) => caller.request(double, { n })));
        expect(rest).toEqual([{ n: 2 }, { n: 3 }]);
        slow.open();
        expect(await held).toEqual({ n: 0 });
      });

      it('never share an object with the handler', async () => {
        const input = { text: 'mine' };
        await service.serve(echo, async (received) => {
          received.text = 'changed';
          return received;
        });
        await service.flush();
        expect(await caller.request(echo, input)).toEqual({ text: 'changed' });
        expect(input).toEqual({ text: 'mine' });
      });

      it('never run in the caller’s stack', async () => {
        const order: string[] = [];
        await service.serve(double, async (input) => {
          order.push('handled');
          return input;
        });
        await service.flush();
        const answer = caller.request(double, { n: 1 });
        order.push('asked');
        await answer;
        expect(order).toEqual(['asked', 'handled']);
      });

      it('get answers that together exceed a message', async () => {
        const text = 'ü'.repeat(150_000);
        await service.serve(double, async () => ({ n: 0 }));
        const long = query('test.long', z.object({ n: z.number() }), z.object({ text: z.string() }));
        await service.serveBatch(long, async (items) => items.map(() => ({ ok: true, value: { text } })));
        await service.flush();
        const answers = await Promise.all(upTo(10).map((n) => caller.request(long, { n })));
        expect(answers.every((answer) => answer.text === text)).toBe(true);
      });
    });

    describe('limits of a message', () => {
      it('hold for as many long traces and items as one turn has', async () => {
        await service.serveBatch(echo, async (items) => items.map(({ input }) => ({ ok: true, value: input })));
        await service.flush();
        const text = 'x'.repeat(4_000);
        const ask = (n: number) => caller.request(echo, { text }, { trace: `${n}`.padEnd(2_000, 'é') });
        const answers = await Promise.all(upTo(600).map(ask));
        expect(answers).toHaveLength(600);
      });
    });

    describe('failures', () => {
      it(
        'nobody serves: unavailable at once',
        async () => {
          const request = caller.request(double, { n: 1 }, { timeoutMs: 10_000 });
          await expect(request).rejects.toEqual(code('unavailable'));
          await expect(caller.request(double, { n: 1 })).rejects.toThrow(/Nobody serves test\.double/);
        },
        PATIENCE_MS,
      );

      it('no answer in time: unavailable, and when to come again', async () => {
        const held = gate();
        await service.serve(double, async (input) => {
          await held.opened;
          return input;
        });
        await service.flush();
        const request = caller.request(double, { n: 1 }, { timeoutMs: 60 });
        const error: unknown = await request.catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'unavailable', details: { retryAfterMs: expect.any(Number) } });
        held.open();
      });

      it('work whose deadline passed while it waited is not done', async () => {
        const held = gate();
        const seen: number[] = [];
        const handler = async (input: { n: number }) => {
          seen.push(input.n);
          await held.opened;
          return input;
        };
        await service.serve(double, handler, { concurrency: 1 });
        await service.flush();
        const first = caller.request(double, { n: 1 });
        const second = caller.request(double, { n: 2 }, { timeoutMs: 60 });
        await expect(second).rejects.toEqual(code('unavailable'));
        held.open();
        expect(await first).toEqual({ n: 1 });
        expect(await caller.request(double, { n: 3 })).toEqual({ n: 3 });
        expect(seen).toEqual([1, 3]);
        expect(drops).toContain('expired');
      });

      it('a batch whose deadline passed while it waited is not done', async () => {
        const held = gate();
        const seen: number[] = [];
        const handler = async (items: readonly BatchItem<{ n: number }>[]) => {
          seen.push(...items.map(({ input }) => input.n));
          await held.opened;
          return doubling(items);
        };
        await service.serveBatch(double, handler, { concurrency: 1 });
        await service.flush();
        const first = caller.request(double, { n: 1 });
        await until(() => seen.length === 1);
        await expect(caller.request(double, { n: 2 }, { timeoutMs: 60 })).rejects.toEqual(code('unavailable'));
        held.open();
        expect(await first).toEqual({ n: 2 });
        await caller.request(double, { n: 3 });
        expect(seen).toEqual([1, 3]);
      });

      it('a coded error crosses with its code, message and details', async () => {
        await service.serve(double, async () => {
          throw new ParlanceError('conflict', 'Taken.', { fields: { id: 'is taken' }, retryAfterMs: 7, roomId: 'r1' });
        });
        await service.flush();
        const error: unknown = await caller.request(double, { n: 1 }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ParlanceError);
        expect(error).toMatchObject({
          code: 'conflict',
          message: 'Taken.',
          details: { fields: { id: 'is taken' }, retryAfterMs: 7, roomId: 'r1' },
        });
      });

      it('one item of a batch fails without the others', async () => {
        await service.serveBatch(double, async (items) =>
          items.map(({ input }) =>
            input.n === 1
              ? { ok: false, error: new ParlanceError('not-found', 'No such number.') }
              : { ok: true, value: input },
          ),
        );
        await service.flush();
        const outcomes = await Promise.allSettled(upTo(3).map((n) => caller.request(double, { n })));
        expect(outcomes).toEqual([
          { status: 'fulfilled', value: { n: 0 } },
          { status: 'rejected', reason: code('not-found') },
          { status: 'fulfilled', value: { n: 2 } },
        ]);
      });

      it('anything else thrown is internal, told to the log and not to the caller', async () => {
        await service.serve(double, async () => {
          throw new TypeError('secret detail');
        });
        await service.flush();
        const error: unknown = await caller.request(double, { n: 1 }).catch((thrown: unknown) => thrown);
        expect(error).toEqual(code('internal'));
        expect(String(error)).not.toContain('secret detail');
        expect(logged).toEqual(['A bus handler failed.']);
      });

      it('a batch handler that throws, or forgets an answer, fails its items', async () => {
        await service.serveBatch(double, async (items) => {
          if (items.length > 1) return [{ ok: true, value: { n: 0 } }];
          throw new ParlanceError('overloaded', 'Busy.');
        });
        await service.flush();
        await expect(caller.request(double, { n: 1 })).rejects.toEqual(code('overloaded'));
        const outcomes = await Promise.allSettled([1, 2].map((n) => caller.request(double, { n })));
        expect(outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: code('internal') })));
      });

      it('an input that does not fit is invalid, by field, and never handled', async () => {
        let handled = 0;
        await service.serve(double, async (input) => {
          handled += 1;
          return input;
        });
        await service.flush();
        const loose = query('test.double', z.object({ n: z.unknown().optional() }), double.output);
        const outcomes = await Promise.allSettled([
          caller.request(loose, { n: 'one' }),
          caller.request(loose, { n: 2 }),
        ]);
        expect(outcomes).toEqual([
          { status: 'rejected', reason: code('invalid') },
          { status: 'fulfilled', value: { n: 2 } },
        ]);
        await expect(caller.request(loose, {})).rejects.toMatchObject({
          details: { fields: { n: expect.any(String) } },
        });
        expect(handled).toBe(1);
      });

      it('an answer that does not fit is internal, and logged', async () => {
        const loose = query('test.double', double.input, z.object({ n: z.unknown() }));
        await service.serve(loose, async () => ({ n: 'two' }));
        await service.flush();
        await expect(caller.request(double, { n: 1 })).rejects.toEqual(code('internal'));
        expect(logged).toEqual(['An answer on the bus does not fit its contract.']);
      });

      it('another version of a contract is unsupported', async () => {
        await service.serve(double, async (input) => input);
        await service.flush();
        await expect(caller.request({ ...double, v: 2 }, { n: 1 })).rejects.toEqual(code('unsupported'));
      });

      it('an input over the transport’s limit is too large at once, served or not', async () => {
        await expect(caller.request(echo, { text: 'x'.repeat(2_000_000) })).rejects.toEqual(code('too-large'));
      });

      it('an answer over the transport’s limit is too large, and its neighbours are answered', async () => {
        await service.serve(echo, async ({ text }) => ({ text: text === 'long' ? 'x'.repeat(2_000_000) : text }));
        await service.flush();
        const outcomes = await Promise.allSettled(['long', 'short'].map((text) => caller.request(echo, { text })));
        expect(outcomes).toEqual([
          { status: 'rejected', reason: code('too-large') },
          { status: 'fulfilled', value: { text: 'short' } },
        ]);
      });

      it('too many unanswered requests are overloaded', async () => {
        const bounded = await hub.connect('bounded', options({ maxPending: 3 }));
        const held = gate();
        await service.serve(double, async (input) => {
          await held.opened;
          return input;
        });
        await service.flush();
        const waiting = upTo(3).map((n) => bounded.request(double, { n }));
        await expect(bounded.request(double, { n: 3 })).rejects.toEqual(code('overloaded'));
        held.open();
        await Promise.all(waiting);
        expect(await bounded.request(double, { n: 4 })).toEqual({ n: 4 });
        await bounded.drain();
      });

      it('too many bytes in one turn are overloaded', async () => {
        await service.serve(echo, async () => ({ text: 'got it' }));
        await service.flush();
        const text = 'x'.repeat(1_000_000);
        const outcomes = await Promise.allSettled(upTo(20).map(() => caller.request(echo, { text })));
        const refused = outcomes.filter(({ status }) => status === 'rejected');
        expect(refused).toEqual(refused.map(() => ({ status: 'rejected', reason: code('overloaded') })));
        expect(refused).toHaveLength(4);
        expect(await caller.request(echo, { text })).toEqual({ text: 'got it' });
      });

      it('a server with too much in flight answers overloaded', async () => {
        const held = gate();
        let taken = 0;
        const handler = async (input: { n: number }) => {
          taken += 1;
          await held.opened;
          return input;
        };
        await service.serve(double, handler, { maxInFlight: 2 });
        await service.flush();
        const waiting = [1, 2].map((n) => caller.request(double, { n }));
        await until(() => taken === 2);
        await expect(caller.request(double, { n: 3 })).rejects.toEqual(code('overloaded'));
        held.open();
        expect(await Promise.all(waiting)).toEqual([{ n: 1 }, { n: 2 }]);
        expect(await caller.request(double, { n: 4 })).toEqual({ n: 4 });
      });
    });

    describe('events', () => {
      it('reach every listener, in order', async () => {
        const heard: (readonly [string, number])[] = [];
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(['caller', n]));
        await service.listen(noted, 'test.a', ({ n }, address) => heard.push([address, n]));
        await Promise.all([caller.flush(), service.flush()]);
        for (const n of upTo(3)) service.publish(noted, 'test.a', { n });
        await until(() => heard.length === 6);
        expect(heard.filter(([who]) => who === 'caller').map(([, n]) => n)).toEqual([0, 1, 2]);
        expect(heard.filter(([who]) => who === 'test.a').map(([, n]) => n)).toEqual([0, 1, 2]);
      });

      it('reach exactly one listener of a queue', async () => {
        const heard = { caller: 0, service: 0, alone: 0 };
        await caller.listen(noted, 'test.a', () => (heard.caller += 1), { queue: 'q' });
        await service.listen(noted, 'test.a', () => (heard.service += 1), { queue: 'q' });
        await caller.listen(noted, 'test.a', () => (heard.alone += 1));
        await Promise.all([caller.flush(), service.flush()]);
        for (const n of upTo(100)) service.publish(noted, 'test.a', { n });
        await until(() => heard.alone === 100 && heard.caller + heard.service >= 100);
        await Promise.all([caller.flush(), service.flush()]);
        expect(heard.caller + heard.service).toBe(100);
        expect(Math.min(heard.caller, heard.service)).toBeGreaterThan(0);
      });

      it('are heard by nobody after the listener stopped', async () => {
        const heard: number[] = [];
        const stopped = await caller.listen(noted, 'test.a', () => heard.push(-1));
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await caller.flush();
        await stopped.stop();
        await stopped.stop();
        service.publish(noted, 'test.a', { n: 1 });
        await until(() => heard.length > 0);
        expect(heard).toEqual([1]);
      });

      it('go on after a listener threw, which is counted and logged', async () => {
        const heard: number[] = [];
        await caller.listen(noted, 'test.a', ({ n }) => {
          if (n === 0) throw new Error('broken listener');
        });
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await caller.flush();
        for (const n of upTo(3)) service.publish(noted, 'test.a', { n });
        await until(() => heard.length === 3);
        expect(listenerErrors).toBe(1);
        expect(logged).toEqual(['A bus listener failed.']);
        await service.serve(double, async (input) => input);
        await service.flush();
        expect(await caller.request(double, { n: 1 })).toEqual({ n: 1 });
      });

      it('of another contract or version are skipped; those that do not fit are dropped and counted', async () => {
        const heard: number[] = [];
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await caller.flush();
        service.publish(event('test.other', noted.payload), 'test.a', { n: 1 });
        service.publish({ ...noted, v: 2 }, 'test.a', { n: 2 });
        service.publish(event('test.noted', z.object({ n: z.string() })), 'test.a', { n: 'three' });
        service.publish(noted, 'test.a', { n: 4 });
        await until(() => heard.length > 0);
        expect(heard).toEqual([4]);
        expect(drops).toEqual(['malformed']);
      });

      it('never share an object with a listener', async () => {
        const heard: unknown[] = [];
        await caller.listen(noted, 'test.a', (payload) => {
          heard.push([...(payload.tags ?? [])]);
          payload.tags?.push('changed');
        });
        await caller.listen(noted, 'test.a', (payload) => heard.push(payload.tags));
        await caller.flush();
        const payload = { n: 1, tags: ['mine'] };
        caller.publish(noted, 'test.a', payload);
        payload.tags.push('later');
        expect(heard).toEqual([]);
        await until(() => heard.length === 2);
        expect(heard).toEqual([['mine'], ['mine']]);
      });

      it('survive a schema that throws', async () => {
        const heard: number[] = [];
        const throwing = z.object({ n: z.number() }).transform((): { n: number } => {
          throw new Error('broken schema');
        });
        await caller.listen(event('test.noted', throwing), 'test.a', () => heard.push(-1));
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await caller.flush();
        for (const n of [1, 2]) service.publish(noted, 'test.a', { n });
        await until(() => heard.length === 2);
        expect(heard).toEqual([1, 2]);
        expect(logged).toEqual(['A bus callback failed.', 'A bus callback failed.']);
      });

      it('over the transport’s limit are refused', () => {
        const payload = { n: 1, tags: ['x'.repeat(2_000_000)] };
        expect(() => caller.publish(noted, 'test.a', payload)).toThrow(code('too-large'));
      });
    });

    describe('addresses', () => {
      it('of odd ids are all different and heard by nobody else', async () => {
        const ids = ['ann@x.io', '*', '>', 'a b', 'a.b', 'ünï', '..', '\u2028', 'x'.repeat(128)];
        const heard: string[] = [];
        for (const id of ids) {
          await caller.listen(noted, roomAddress(id, id), () => heard.push(`room ${id}`));
          await caller.listen(noted, userAddress('t', id), () => heard.push(`user ${id}`));
        }
        await caller.flush();
        for (const [n, id] of ids.entries()) {
          service.publish(noted, roomAddress(id, id), { n });
          service.publish(noted, userAddress('t', id), { n });
        }
        await until(() => heard.length >= 2 * ids.length);
        expect(heard).toEqual(ids.flatMap((id) => [`room ${id}`, `user ${id}`]));
      });

      it.each([
        '',
        '*',
        '>',
        'room.*',
        'room.>',
        'a b',
        'a..b',
        '.a',
        'a.',
        'a\r\nPUB b 0',
        'ann@x.io',
        'x'.repeat(513),
      ])('that are not tokens are refused: %j', async (address) => {
        expect(() => caller.publish(noted, address, { n: 1 })).toThrow(code('invalid'));
        await expect(caller.listen(noted, address, () => undefined)).rejects.toEqual(code('invalid'));
        await expect(caller.listen(noted, 'a', () => undefined, { queue: `${address} ` })).rejects.toEqual(
          code('invalid'),
        );
        await expect(caller.request({ ...double, subject: address }, { n: 1 })).rejects.toEqual(code('invalid'));
        await expect(caller.serve({ ...double, subject: address }, async (i) => i)).rejects.toEqual(code('invalid'));
      });
    });

    describe('the server away', () => {
      it(
        'fails requests, drops events, and recovers by itself with its subscriptions',
        async () => {
          const heard: number[] = [];
          await service.serve(double, async ({ n }) => ({ n: n * 2 }));
          await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
          await Promise.all([caller.flush(), service.flush()]);
          const lost = Promise.all([caller, service].map((bus) => statusOf(bus, 'disconnected')));
          await hub.goAway();
          await lost;
          expect(caller.connected).toBe(false);
          caller.publish(noted, 'test.a', { n: 1 });
          expect(drops).toEqual(['disconnected']);
          await expect(caller.flush()).rejects.toEqual(code('unavailable'));
          await expect(caller.request(double, { n: 1 }, { timeoutMs: 10_000 })).rejects.toEqual(code('unavailable'));
          const back = Promise.all([caller, service].map((bus) => statusOf(bus, 'connected')));
          await hub.comeBack();
          await back;
          await Promise.all([caller.flush(), service.flush()]);
          expect(await caller.request(double, { n: 2 })).toEqual({ n: 4 });
          service.publish(noted, 'test.a', { n: 2 });
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
          await service.serve(double, async (input) => {
            taken.open();
            await held.opened;
            return input;
          });
          await service.flush();
          const request = caller.request(double, { n: 1 }, { timeoutMs: 10_000 });
          await taken.opened;
          await hub.goAway();
          await expect(request).rejects.toEqual(code('unavailable'));
          held.open();
          await hub.comeBack();
        },
        PATIENCE_MS,
      );

      it('refuses requests at once when it has been away for a while', async () => {
        const lost = statusOf(caller, 'disconnected');
        await hub.goAway();
        await lost;
        // The first one waits for the connection to come back, and gives up.
        await expect(caller.request(double, { n: 1 })).rejects.toEqual(code('unavailable'));
        const order: string[] = [];
        const refused = caller.request(double, { n: 2 }).catch(() => order.push('refused'));
        const turn = new Promise((resolve) => setImmediate(resolve)).then(() => order.push('next turn'));
        await Promise.all([refused, turn]);
        expect(order).toEqual(['refused', 'next turn']);
        await hub.comeBack();
      });

      it('keeps a request that is asked during a short absence', async () => {
        await service.serve(double, async ({ n }) => ({ n: n * 2 }));
        await Promise.all([caller.flush(), service.flush()]);
        const lost = Promise.all([caller, service].map((bus) => statusOf(bus, 'disconnected')));
        await hub.goAway();
        await lost;
        const request = caller.request(double, { n: 4 });
        await hub.comeBack();
        // The service may come back later than the caller: then the answer is a retryable error, never silence.
        const outcome: unknown = await request.catch((error: unknown) => error);
        expect([{ n: 8 }, code('unavailable')]).toContainEqual(outcome);
      });
    });

    describe('drain', () => {
      it('finishes what was taken, refuses what comes, and closes', async () => {
        const taken = gate();
        const held = gate();
        await service.serve(double, async (input) => {
          taken.open();
          await held.opened;
          return input;
        });
        await service.flush();
        const inFlight = caller.request(double, { n: 1 });
        await taken.opened;
        const drained = service.drain();
        await expect(service.serve(echo, async (input) => input)).rejects.toEqual(code('unavailable'));
        await expect(service.listen(noted, 'test.a', () => undefined)).rejects.toEqual(code('unavailable'));
        await untilNobodyServes(caller);
        held.open();
        expect(await inFlight).toEqual({ n: 1 });
        await drained;
        await service.drain();
        expect(service.connected).toBe(false);
        await expect(service.request(double, { n: 1 })).rejects.toEqual(code('unavailable'));
      });

      it('lets a handler at work ask and publish until it is done', async () => {
        const taken = gate();
        const held = gate();
        const heard: number[] = [];
        await caller.serve(echo, async (input) => input);
        await caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
        await service.serve(double, async (input) => {
          taken.open();
          await held.opened;
          await service.request(echo, { text: 'still here' });
          service.publish(noted, 'test.a', { n: 1 });
          return input;
        });
        await Promise.all([caller.flush(), service.flush()]);
        const answer = caller.request(double, { n: 1 });
        await taken.opened;
        const drained = service.drain();
        held.open();
        expect(await answer).toEqual({ n: 1 });
        await drained;
        await until(() => heard.length === 1);
      });

      it('leaves the requests to the other server', async () => {
        const other = await hub.connect('other', options());
        await service.serve(double, async () => ({ n: 1 }));
        await other.serve(double, async () => ({ n: 2 }));
        await Promise.all([service.flush(), other.flush()]);
        await service.drain();
        const answers = await Promise.all(upTo(20).map((n) => caller.request(double, { n })));
        expect(answers).toEqual(upTo(20).map(() => ({ n: 2 })));
        await other.drain();
      });
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
