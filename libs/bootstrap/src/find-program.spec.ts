import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findProgram } from './find-program.js';

const folder = mkdtempSync(join(tmpdir(), 'parlance-programs-'));
const program = join(folder, 'a-server');
writeFileSync(program, '');
chmodSync(program, 0o755);
writeFileSync(join(folder, 'not-executable'), '', { mode: 0o644 });
mkdirSync(join(folder, 'a-folder'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('findProgram', () => {
  it.each([
    ['a name on PATH', 'a-server', program],
    ['a path', program, program],
    ['a name that is nowhere', 'no-such-server', undefined],
    ['a path that is nowhere', '/nowhere/a-server', undefined],
    ['a file that cannot be run', 'not-executable', undefined],
    ['a folder', 'a-folder', undefined],
  ])('%s', (_, wanted, expected) => {
    expect(findProgram(wanted, `/nowhere:${folder}`)).toBe(expected);
  });
});
