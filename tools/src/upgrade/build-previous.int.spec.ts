import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const BUILDER = join(import.meta.dirname, 'build-previous.mjs');

describe('the builder of the previous version', () => {
  it('says what a checkout lacks that does not have the commit, and how to get it', () => {
    const commit = 'f'.repeat(40);
    const { status, stdout, stderr } = spawnSync(process.execPath, [BUILDER, commit], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `The history of this checkout does not have the previous version, ${commit}. ` +
        'Get it with: git fetch --unshallow (a workflow that checks out a single commit: fetch the whole history).\n',
    );
  });
});
