import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './free-port.js';

test.each([0, 0.999_999])('stays below the ephemeral range at its edge %d', async (edge) => {
  const port = await freePort(() => edge).catch(() => 10_000);
  expect(port).toBeGreaterThanOrEqual(10_000);
  expect(port).toBeLessThan(32_768);
});

test('passes over a taken port, and gives up after a bounded number of tries', async () => {
  const taken = await freePort();
  const other = await freePort();
  const holder = createServer();
  await once(holder.listen(taken, '127.0.0.1'), 'listening');
  const at = (port: number): number => (port + 0.5 - 10_000) / 22_000;
  const draws = [at(taken), at(taken), at(other)];
  expect(await freePort(() => draws.shift() ?? 0)).toBe(other);
  let tries = 0;
  const always = (): number => {
    tries += 1;
    return at(taken);
  };
  await expect(freePort(always)).rejects.toMatchObject({ code: 'port-taken' });
  expect(tries).toBe(50);
  await new Promise((resolve) => holder.close(resolve));
});
