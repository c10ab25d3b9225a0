#!/usr/bin/env node
/**
 * `npm run generators:check`: in a copy of the workspace, both generators and the tutorial are run, and what they wrote is built,
 * linted, tested, started and rendered for Kubernetes and compose. `--keep` leaves the copy there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { changesIn, copyWorkspace, removeScratch } from './scratch.mjs';
import { scenario } from './scenario.mjs';
import { blocksOf, carryOut } from './tutorial.mjs';

const ROOT = join(import.meta.dirname, '../../../..');
const SERVICE = 'tally';
const DIALECT = 'parrot';
const SCENARIO = 'apps/e2e/src/generated.e2e.spec.ts';
const TYPES = 'tsconfig.generated.json';

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`;

/** @param {string} what */
function step(what) {
  process.stdout.write(`\n-- ${what} (${seconds()})\n`);
}

/**
 * @param {string} cwd
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(cwd, command, ...args) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env: environment() });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(status)}.`);
}

/**
 * @param {string} cwd
 * @param {readonly string[]} argv
 * @returns {Promise<void>}
 */
async function running(cwd, [command = '', ...args]) {
  const child = spawn(command, args, { cwd, stdio: 'inherit', env: environment() });
  const status = await new Promise((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(status)}.`);
}

/** @returns {NodeJS.ProcessEnv} */
function environment() {
  return { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_ISOLATE_PLUGINS: 'false' };
}

/**
 * Commands that do not wait for each other, as many at once as there are cores; all of them, even when one has failed.
 *
 * @param {string} cwd
 * @param {readonly (readonly string[])[]} commands
 * @returns {Promise<void>}
 */
async function together(cwd, commands) {
  const waiting = [...commands];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await running(cwd, next);
  };
  const workers = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
  for (const one of workers) if (one.status === 'rejected') throw one.reason;
}

/** @param {string} cwd */
async function check(cwd) {
  step(`service ${SERVICE}`);
  run(cwd, 'npx', 'nx', 'g', 'service', SERVICE);
  step('tutorial');
  const blocks = blocksOf(readFileSync(join(cwd, 'tools/docs/tutorial-poll.md'), 'utf8'));
  for (const block of blocks.slice(0, -1)) carryOut(cwd, block);
  step(`dialect ${DIALECT}`);
  run(cwd, 'npx', 'nx', 'g', '@parlance/tools:dialect', DIALECT);
  writeFileSync(join(cwd, SCENARIO), scenario(SERVICE, DIALECT));
  step("the tutorial's last commands, which build everything; meanwhile lint, format, import rules, lock file");
  run(cwd, 'npm', 'run', '--silent', 'generate');
  const changes = changesIn(cwd);
  const sources = changes.filter((file) => file.endsWith('.ts'));
  await together(cwd, [
    ['bash', '-euo', 'pipefail', '-c', blocks.at(-1)?.text ?? 'false'],
    ['npx', 'prettier', '--check', '--log-level', 'warn', '--ignore-unknown', ...changes],
    ['node', 'tools/src/boundaries/check-boundaries.mjs'],
    ['node', 'tools/complete-lock.mjs', '--check'],
    ...(isInstalled('docker-compose', '--version') ? [['docker-compose', 'config', '--quiet']] : []),
    ['npx', 'eslint', '--max-warnings=0', ...sources],
  ]);
  step('tests and types');
  writeFileSync(join(cwd, TYPES), `${JSON.stringify(narrowed(sources))}\n`);
  await together(cwd, [
    ['npx', 'vitest', 'run', ...tests()],
    ['npx', 'tsc', '-p', TYPES],
  ]);
}

/**
 * These files, and what they import.
 *
 * @param {readonly string[]} files
 */
function narrowed(files) {
  return { extends: './tsconfig.json', files, include: [] };
}

function tests() {
  return [
    `apps/${SERVICE}/`,
    `libs/dialects/${DIALECT}/`,
    'libs/dialects/registry/',
    'apps/cluster/src/app-environment.spec.ts',
    'libs/persistence/src/schema-agreement.int.spec.ts',
    'tools/src/compose/compose.spec.ts',
    'tools/src/config/check-config.spec.ts',
    'tools/src/docs/',
    'tools/src/upgrade/upgrade.spec.ts',
    ...(hasKubectl() ? ['tools/src/k8s/k8s.int.spec.ts'] : []),
    SCENARIO,
  ];
}

/** On a build server nothing may be left out. */
function hasKubectl() {
  if (process.env['CI'] !== undefined || isInstalled('kubectl', 'version', '--client')) return true;
  process.stdout.write('kubectl is not installed: the manifests are not rendered\n');
  return false;
}

/** @param {string} command @param {readonly string[]} args @returns {boolean} */
function isInstalled(command, ...args) {
  return spawnSync(command, args).error === undefined;
}

const scratch = copyWorkspace(ROOT);
process.stdout.write(`-- copied to ${scratch} (${seconds()})\n`);
try {
  await check(scratch);
  step('all of it works');
} finally {
  if (!values.keep) removeScratch(scratch);
}
