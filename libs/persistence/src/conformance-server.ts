import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded-postgres.js';

/** A Postgres that a suite has for itself. */
export interface ConformanceServer {
  /** of a user who may create databases */
  readonly url: string;
  stop(): Promise<void>;
}

/** The one that needs nothing but npm. */
export async function startEmbedded(): Promise<ConformanceServer> {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-conformance-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'pg'), durable: false });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
