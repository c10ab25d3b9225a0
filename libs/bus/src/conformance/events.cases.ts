import { event, roomAddress, userAddress } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { code, double, noted, until, upTo, type World } from './world.js';

export function eventCases(world: World): void {
  describe('events', () => {
    it('reach every listener, in order', async () => {
      const heard: (readonly [string, number])[] = [];
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(['caller', n]));
      await world.service.listen(noted, 'test.a', ({ n }, address) => heard.push([address, n]));
      await Promise.all([world.caller.flush(), world.service.flush()]);
      for (const n of upTo(3)) world.service.publish(noted, 'test.a', { n });
      await until(() => heard.length === 6);
      expect(heard.filter(([who]) => who === 'caller').map(([, n]) => n)).toEqual([0, 1, 2]);
      expect(heard.filter(([who]) => who === 'test.a').map(([, n]) => n)).toEqual([0, 1, 2]);
    });

    it('reach exactly one listener of a queue', async () => {
      const heard = { one: 0, two: 0, alone: 0 };
      await world.caller.listen(noted, 'test.a', () => (heard.one += 1), { queue: 'q' });
      await world.service.listen(noted, 'test.a', () => (heard.two += 1), { queue: 'q' });
      await world.caller.listen(noted, 'test.a', () => (heard.alone += 1));
      await Promise.all([world.caller.flush(), world.service.flush()]);
      for (const n of upTo(100)) world.service.publish(noted, 'test.a', { n });
      await until(() => heard.alone === 100 && heard.one + heard.two >= 100);
      await Promise.all([world.caller.flush(), world.service.flush()]);
      expect(heard.one + heard.two).toBe(100);
      expect(Math.min(heard.one, heard.two)).toBeGreaterThan(0);
    });

    it('are heard from a request on that was made after the listener, without a flush', async () => {
      const heard: number[] = [];
      await world.service.serve(double, async ({ n }) => {
        world.service.publish(noted, 'test.a', { n });
        return { n };
      });
      await world.service.flush();
      void world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.caller.request(double, { n: 7 });
      await until(() => heard.length > 0);
      expect(heard).toEqual([7]);
    });

    it('are heard by nobody after the listener stopped', async () => {
      const heard: number[] = [];
      const stopped = await world.caller.listen(noted, 'test.a', () => heard.push(-1));
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.caller.flush();
      await stopped.stop();
      await stopped.stop();
      world.service.publish(noted, 'test.a', { n: 1 });
      await until(() => heard.length > 0);
      expect(heard).toEqual([1]);
    });

    it('go on after a listener threw, which is counted and logged', async () => {
      const heard: number[] = [];
      await world.caller.listen(noted, 'test.a', ({ n }) => {
        if (n === 0) throw new Error('broken listener');
      });
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.caller.flush();
      for (const n of upTo(3)) world.service.publish(noted, 'test.a', { n });
      await until(() => heard.length === 3);
      expect(world.listenerErrors).toBe(1);
      expect(world.logged).toEqual(['A bus listener failed.']);
      await world.service.serve(double, async (input) => input);
      await world.service.flush();
      expect(await world.caller.request(double, { n: 1 })).toEqual({ n: 1 });
    });

    it('of another contract or version are skipped; those that do not fit are dropped and counted', async () => {
      const heard: number[] = [];
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.caller.flush();
      world.service.publish(event('test.other', noted.payload), 'test.a', { n: 1 });
      world.service.publish({ ...noted, v: 2 }, 'test.a', { n: 2 });
      world.service.publish(event('test.noted', z.object({ n: z.string() })), 'test.a', { n: 'three' });
      world.service.publish(noted, 'test.a', { n: 4 });
      await until(() => heard.length > 0);
      expect(heard).toEqual([4]);
      expect(world.drops).toEqual(['malformed']);
    });

    it('carry the traces of their parts, and none where none was given', async () => {
      const heard: unknown[] = [];
      const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      await world.caller.listen(noted, 'test.a', ({ n }, _, traces) => heard.push([n, traces]));
      await world.caller.flush();
      world.service.publish(noted, 'test.a', { n: 1 });
      world.service.publish(noted, 'test.a', { n: 2 }, { traces: [null, trace] });
      world.service.publish(noted, 'test.a', { n: 3 }, { traces: [null] });
      await until(() => heard.length === 3);
      expect(heard).toEqual([
        [1, []],
        [2, [null, trace]],
        [3, []],
      ]);
    });

    it('never share an object with a listener', async () => {
      const heard: unknown[] = [];
      await world.caller.listen(noted, 'test.a', (payload) => {
        heard.push([...(payload.tags ?? [])]);
        payload.tags?.push('changed');
      });
      await world.caller.listen(noted, 'test.a', (payload) => heard.push(payload.tags));
      await world.caller.flush();
      const payload = { n: 1, tags: ['mine'] };
      world.caller.publish(noted, 'test.a', payload);
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
      await world.caller.listen(event('test.noted', throwing), 'test.a', () => heard.push(-1));
      await world.caller.listen(noted, 'test.a', ({ n }) => heard.push(n));
      await world.caller.flush();
      for (const n of [1, 2]) world.service.publish(noted, 'test.a', { n });
      await until(() => heard.length === 2);
      expect(heard).toEqual([1, 2]);
      expect(world.logged).toEqual(['A bus callback failed.', 'A bus callback failed.']);
    });

    it('over the transport’s limit are refused', () => {
      const payload = { n: 1, tags: ['x'.repeat(2_000_000)] };
      expect(() => world.caller.publish(noted, 'test.a', payload)).toThrow(code('too-large'));
    });
  });

  describe('addresses', () => {
    it('of odd ids are all different and heard by nobody else', async () => {
      const ids = ['ann@x.io', '*', '>', 'a b', 'a.b', 'ünï', '..', '\u2028', 'x'.repeat(128)];
      const heard: string[] = [];
      for (const id of ids) {
        await world.caller.listen(noted, roomAddress(id, id), () => heard.push(`room ${id}`));
        await world.caller.listen(noted, userAddress('t', id), () => heard.push(`user ${id}`));
      }
      await world.caller.flush();
      for (const [n, id] of ids.entries()) {
        world.service.publish(noted, roomAddress(id, id), { n });
        world.service.publish(noted, userAddress('t', id), { n });
      }
      await until(() => heard.length >= 2 * ids.length);
      expect(heard).toEqual(ids.flatMap((id) => [`room ${id}`, `user ${id}`]));
    });

    it.each(['', '*', '>', 'room.*', 'room.>', 'a b', 'a..b', '.a', 'a.', 'a\r\nPUB b 0', 'ann@x.io', 'x'.repeat(513)])(
      'that are not tokens are refused: %j',
      async (address) => {
        expect(() => world.caller.publish(noted, address, { n: 1 })).toThrow(code('invalid'));
        await expect(world.caller.listen(noted, address, () => undefined)).rejects.toEqual(code('invalid'));
        await expect(world.caller.listen(noted, 'a', () => undefined, { queue: `${address} ` })).rejects.toEqual(
          code('invalid'),
        );
        await expect(world.caller.request({ ...double, subject: address }, { n: 1 })).rejects.toEqual(code('invalid'));
        await expect(world.caller.serve({ ...double, subject: address }, async (i) => i)).rejects.toEqual(
          code('invalid'),
        );
      },
    );
  });
}
