import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed by `remove()`, and when the tests' process exits. */
export interface TempFolder {
  readonly path: string;
  remove(): void;
}

export function makeTempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  const remove = (): void => {
    process.removeListener('exit', remove);
    // Retried, as a killed database may still write its last file.
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  process.once('exit', remove);
  return { path, remove };
}
