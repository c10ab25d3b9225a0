import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';

import { conclude, countResults, findLeftOut, neededServers } from './report.mjs';
import { availableServers, pathWithServers } from './servers.mjs';

const clean = { counts: { passed: 12, failed: 0, skipped: [] }, leftOut: [], runnerStatus: 0, strict: false };
const clusterLeftOut = { file: 'apps/e2e/src/cluster.e2e.spec.ts', missing: ['redis-server', 'nats-server'] };
const busLeftOut = { file: 'libs/bus/src/nats.int.spec.ts', missing: ['nats-server'] };

describe('what a spec needs', () => {
  it('is read from its needs line', () => {
    expect(neededServers("// needs: redis-server, nats-server\nimport { it } from 'vitest';\n")).toEqual([
      'redis-server',
      'nats-server',
    ]);
  });

  it('is nothing without such a line', () => {
    expect(neededServers("import { it } from 'vitest';\nconst text = '// needs: redis-server';\n")).toEqual([]);
  });
});

describe('finding what must be left out', () => {
  const specs = new Map([
    ['a.int.spec.ts', '// needs: redis-server, nats-server\n'],
    ['b.int.spec.ts', '// needs: nats-server\n'],
    ['c.int.spec.ts', ''],
  ]);

  it('leaves nothing out when every server is there', () => {
    expect(findLeftOut(specs, new Set(['redis-server', 'nats-server']))).toEqual([]);
  });

  it('names the missing servers of each file', () => {
    expect(findLeftOut(specs, new Set(['redis-server']))).toEqual([
      { file: 'a.int.spec.ts', missing: ['nats-server'] },
      { file: 'b.int.spec.ts', missing: ['nats-server'] },
    ]);
  });

  it('refuses a server nobody could install', () => {
    expect(() => findLeftOut(new Map([['a.int.spec.ts', '// needs: reddis']]), new Set())).toThrow(/a\.int.*'reddis'/);
  });
});

describe('counting results', () => {
  const file = (status: 'passed' | 'failed', ...statuses: string[]) => ({
    status,
    assertionResults: statuses.map((one, index) => ({ status: one, fullName: `test ${index}` })),
  });

  it('adds up the tests of all files', () => {
    const files = [file('passed', 'passed', 'passed', 'pending'), file('failed', 'failed', 'passed', 'todo')];
    expect(countResults(files)).toEqual({ passed: 3, failed: 1, skipped: ['test 2', 'test 2'] });
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(countResults([file('failed'), file('passed', 'passed')])).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it('counts a file whose set-up failed as failed', () => {
    expect(countResults([file('failed', 'pending', 'pending')])).toEqual({
      passed: 0,
      failed: 1,
      skipped: ['test 0', 'test 1'],
    });
  });
});

describe('the conclusion', () => {
  it('is the count alone when everything ran', () => {
    expect(conclude(clean)).toEqual({ lines: ['12 passed, 0 failed'], exitCode: 0 });
  });

  it('says what was left out and how to include it, and still succeeds', () => {
    expect(conclude({ ...clean, leftOut: [clusterLeftOut, busLeftOut] })).toEqual({
      lines: [
        'left out: 2 files that need nats-server (Debian package nats-server), redis-server (Debian package redis-server)',
        '  apps/e2e/src/cluster.e2e.spec.ts (redis-server, nats-server)',
        '  libs/bus/src/nats.int.spec.ts (nats-server)',
        'to include them: apt-get install nats-server redis-server, then run the same command again',
        '12 passed, 0 failed',
      ],
      exitCode: 0,
    });
  });

  it('says how to start what no package starts', () => {
    const left = { file: 'apps/e2e/src/compose.e2e.spec.ts', missing: ['docker', 'docker-compose'] };
    expect(conclude({ ...clean, leftOut: [left] }).lines.at(-2)).toBe(
      'to include them: apt-get install docker.io docker-compose, eval "$(tools/engine/start.sh)", then run the same command again',
    );
  });

  it('fails in strict mode when a file was left out', () => {
    const { lines, exitCode } = conclude({ ...clean, leftOut: [busLeftOut], strict: true });
    expect(exitCode).toBe(1);
    expect(lines).toContain('strict: nothing may be left out');
    expect(lines.at(-1)).toBe('12 passed, 0 failed');
  });

  it.each([
    [false, 0],
    [true, 1],
  ])('with a skipped test and strict %s ends with code %i', (strict, code) => {
    const { lines, exitCode } = conclude({
      ...clean,
      counts: { passed: 3, failed: 0, skipped: ['server as root'] },
      strict,
    });
    expect(exitCode).toBe(code);
    expect(lines[0]).toBe('skipped here: server as root');
    expect(lines.at(-1)).toBe('3 passed, 0 failed, 1 skipped');
  });

  it('fails when a test failed', () => {
    const failed = { ...clean, counts: { passed: 3, failed: 2, skipped: [] }, runnerStatus: 1 };
    expect(conclude(failed)).toEqual({ lines: ['3 passed, 2 failed'], exitCode: 1 });
  });

  it('fails when vitest failed outside any test', () => {
    expect(conclude({ ...clean, runnerStatus: 1 }).exitCode).toBe(1);
  });

  it('fails when no test was run', () => {
    expect(conclude({ ...clean, counts: { passed: 0, failed: 0, skipped: [] } }).exitCode).toBe(1);
  });
});

describe('the PATH of a test run', () => {
  it('gains the folders where Debian puts servers, once', () => {
    expect(pathWithServers('/usr/bin:/usr/sbin')).toBe('/usr/bin:/usr/sbin:/usr/local/sbin');
  });
});

describe('what a machine has', () => {
  const path = pathWithServers(dirname(process.execPath));
  const program = basename(process.execPath);
  const server = { package: 'a-package', has: 'it' };

  it('is what lies on the PATH', () => {
    const servers = new Map([
      [program, server],
      ['no-such-server', server],
    ]);
    expect([...availableServers(path, servers)]).toEqual([program]);
  });

  it('is, of what must be running, what answers to one of its commands', () => {
    const asked = (...args: string[]): [string, ...string[]] => [program, ...args];
    const servers = new Map([
      ['answers', { ...server, asked: [['no-such-server'] satisfies [string], asked('--version')] }],
      ['is silent', { ...server, asked: [asked('-e', 'process.exit(1)')] }],
      ['is nowhere', { ...server, asked: [['no-such-server'] satisfies [string]] }],
    ]);
    expect([...availableServers(path, servers)]).toEqual(['answers']);
  });
});
