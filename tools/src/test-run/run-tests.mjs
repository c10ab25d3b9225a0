/**
 * `npm test [-- --strict] [-- vitest filters]`: builds, runs every spec this machine can run, and says what it left out.
 * Strict (also by `PARLANCE_TEST_STRICT=1`): whatever is left out or skipped is a failure.
 * The last line stands alone and reads `N passed, N failed`, with `, N skipped` when there are any.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { z } from 'zod';

import { conclude, countResults, findLeftOut } from './report.mjs';
import { availableServers, pathWithServers, SERVERS } from './servers.mjs';

const root = join(import.meta.dirname, '../../..');
const flags = process.argv.slice(2);
const strict = flags.includes('--strict') || process.env['PARLANCE_TEST_STRICT'] === '1';
const filters = flags.filter((flag) => flag !== '--strict');

const Report = z.object({
  testResults: z.array(
    z.object({
      status: z.enum(['passed', 'failed']),
      assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
    }),
  ),
});

/** @returns {ReadonlyMap<string, string>} text of each spec that may need servers, by its path from the root */
function readServerSpecs() {
  const files = ['apps', 'libs', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => /\.(?:int|e2e)\.spec\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/\/(?:node_modules|dist)\//.test(file)),
  );
  return new Map(files.map((file) => [relative(root, file), readFileSync(file, 'utf8')]));
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<{ runnerStatus: number, files: z.infer<typeof Report>['testResults'] }>} */
async function runVitest(env) {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  const report = join(folder, 'report.json');
  try {
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...filters], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    const [status] = await once(child, 'close');
    const files = existsSync(report) ? Report.parse(JSON.parse(readFileSync(report, 'utf8'))).testResults : [];
    return { runnerStatus: typeof status === 'number' ? status : 1, files };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {boolean} whether the workspace builds; scenarios start the built apps */
const build = () => spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status === 0;

async function runTests() {
  const path = pathWithServers(process.env['PATH']);
  const available = availableServers(path);
  const leftOut = findLeftOut(readServerSpecs(), available);
  // What was just built: the specs run from their sources, their database does not.
  const { SHARED_POSTGRES, startSharedPostgres } = await import('@parlance/testing/database');
  const postgres = await startSharedPostgres();
  try {
    const { runnerStatus, files } = await runVitest({
      ...process.env,
      PATH: path,
      [SHARED_POSTGRES]: postgres.url,
      PARLANCE_TEST_HAS: [...available].map((name) => SERVERS.get(name)?.has ?? name).join(','),
      PARLANCE_TEST_LEFT_OUT: leftOut.map(({ file }) => file).join(','),
    });
    return conclude({ counts: countResults(files), leftOut, runnerStatus, strict });
  } finally {
    await postgres.stop();
  }
}

const { lines, exitCode } = build() ? await runTests() : { lines: ['the build failed: no test was run'], exitCode: 1 };
console.log(['', ...lines].join('\n'));
process.exitCode = exitCode;
