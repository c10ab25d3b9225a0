import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.js';
test('starts', async () => {
  const d = mkdtempSync(join(tmpdir(), 'parlance-pg-'));
  console.time('start');
  const s = await startEmbeddedPostgres({ dataDir: join(d, 'pg'), log: console.log });
  console.timeEnd('start');
  console.time('stop');
  await s.stop();
  console.timeEnd('stop');
  console.time('start');
  const s2 = await startEmbeddedPostgres({ dataDir: join(d, 'pg'), log: console.log });
  console.timeEnd('start');
  await s2.stop();
  expect(s.port).toBeGreaterThan(0);
});
