import { gathered, query } from '@parlance/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createInProcessHub } from './in-process.js';

afterEach(() => vi.restoreAllMocks());

describe('a contract that gathers', () => {
  const steps = Array.from({ length: 40 }, (_, index) => (index + 1) / 40);

  it.each(steps)(
    'leaves nobody behind when the wait ends between two looks at the clock (%f ms apart)',
    async (step) => {
      const hub = createInProcessHub();
      const [caller, service] = [hub.connect('caller'), hub.connect('service')];
      const shape = z.object({ n: z.number() });
      const contract = gathered(query('test.gathered', shape, shape), 1);
      await service.serve(contract, async ({ n }) => ({ n }));
      let now = performance.now();
      vi.spyOn(performance, 'now').mockImplementation(() => (now += step));
      const ask = (...numbers: number[]) => Promise.all(numbers.map((n) => caller.request(contract, { n })));
      await ask(1, 2);
      expect(await ask(3)).toEqual([{ n: 3 }]);
      expect(await ask(4, 5)).toEqual([{ n: 4 }, { n: 5 }]);
      vi.restoreAllMocks();
      await Promise.all([caller.drain(), service.drain()]);
    },
  );
});
