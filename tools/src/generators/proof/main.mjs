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
const LINT = 'eslint.generated.config.js';

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
 * Commands that do not wait for each other, as many at once as there are cores.
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
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** @param {string} cwd */
async function check(cwd) {
  step(`service ${SERVICE}`);
  run(cwd, 'npx', 'nx', 'g', 'service', SERVICE);
  step('tutorial');
  const blocks = blocksOf(readFileSync(join(cwd, 'tools/docs/tutorial-poll.md'), 'utf8'));
  for (const block of blocks.slice(0, -1)) carryOut(cwd, block);
  // Before the page's last commands, which build everything: once is enough.
  step(`dialect ${DIALECT}`);
  run(cwd, 'npx', 'nx', 'g', '@parlance/tools:dialect', DIALECT);
  step('build, and the try of the tutorial');
  for (const block of blocks.slice(-1)) carryOut(cwd, block);
  writeFileSync(join(cwd, SCENARIO), scenario(SERVICE, DIALECT));
  step('types, lint, format, import rules, lock file');
  await together(cwd, checks(cwd));
  step('tests');
  run(cwd, 'npx', 'vitest', 'run', ...tests());
}

/**
 * Of what is new alone, against what was built of the rest.
 *
 * @param {string} cwd
 */
function checks(cwd) {
  const changes = changesIn(cwd);
  const sources = changes.filter((file) => file.endsWith('.ts'));
  writeFileSync(join(cwd, TYPES), `${JSON.stringify(narrowed(sources))}\n`);
  writeFileSync(join(cwd, LINT), lintOver(TYPES));
  return [
    ['npx', 'tsc', '-p', TYPES],
    ['npx', 'eslint', '--config', LINT, '--max-warnings=0', ...sources],
    ['npx', 'prettier', '--check', '--log-level', 'warn', '--ignore-unknown', ...changes],
    ['node', 'tools/src/boundaries/check-boundaries.mjs'],
    ['node', 'tools/complete-lock.mjs', '--check'],
  ];
}

/** @param {readonly string[]} files */
function narrowed(files) {
  // It has no built form.
  const paths = { '@parlance/dialect-kit/conformance': ['./libs/dialects/kit/src/conformance.ts'] };
  return { extends: './tsconfig.json', compilerOptions: { customConditions: [], paths }, files, include: [] };
}

/** @param {string} project */
function lintOver(project) {
  return `import config from './eslint.config.js';

export default config.map((one) => {
  const options = one.languageOptions?.parserOptions;
  if (options?.project === undefined) return one;
  return { ...one, languageOptions: { ...one.languageOptions, parserOptions: { ...options, project: ['./${project}'] } } };
});
`;
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
    ...(hasKubectl() ? ['tools/src/k8s/k8s.int.spec.ts'] : []),
    SCENARIO,
  ];
}

/** On a build server nothing may be left out. */
function hasKubectl() {
  if (process.env['CI'] !== undefined || spawnSync('kubectl', ['version', '--client']).error === undefined) return true;
  process.stdout.write('kubectl is not installed: the manifests are not rendered\n');
  return false;
}

const scratch = copyWorkspace(ROOT);
process.stdout.write(`-- copied to ${scratch} (${seconds()})\n`);
try {
  await check(scratch);
  step('all of it works');
} finally {
  if (!values.keep) removeScratch(scratch);
}
