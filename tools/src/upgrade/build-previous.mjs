/**
 * `node tools/src/upgrade/build-previous.mjs [commit]`: the version before this one (tools/upgrade/previous.json), built, in a folder of
 * its own below node_modules/.cache. Prints the folder. The second time there is nothing to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

import { disagreements } from './lock-agreement.mjs';
import { previousCommit, ROOT } from './previous.mjs';
import { compilerOptions, foldersOf, readProjects, transpileProject } from './transpile.mjs';

const CACHE = join(ROOT, 'node_modules/.cache/parlance-previous');
/** What a test of an upgrade starts of the previous version. */
const APPS = ['gateway', 'api', 'message', 'identity', 'presence', 'call', 'migrate'].map((app) => `@parlance/${app}`);
/** What decides how a tree is made. */
const MAKERS = ['build-previous.mjs', 'transpile.mjs'];
const ARCHIVE_MAX_BYTES = 512 * 1_048_576;
/** The folder may belong to somebody else than who runs the tests, as in a container; it is only read. */
const GIT = ['-c', `safe.directory=*`, '-C', ROOT];

/** @param {string} commit @returns {string} the folder of the built tree */
function previousTree(commit) {
  const differences = disagreements(packagesOf(commit), readJson(join(ROOT, 'package-lock.json')));
  const makers = MAKERS.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));
  const stamp = createHash('sha256')
    .update([...makers, ...differences].join('\n'))
    .digest('hex');
  const tree = join(CACHE, `${commit.slice(0, 12)}-${stamp.slice(0, 8)}`);
  if (!existsSync(tree)) make(commit, tree, differences);
  return tree;
}

/** @param {string} commit @param {string} tree @param {readonly string[]} differences */
function make(commit, tree, differences) {
  // What remains of an earlier version, or of a run that was ended.
  rmSync(CACHE, { recursive: true, force: true });
  const unfinished = `${tree}.unfinished`;
  unpack(commit, unfinished);
  const projects = readProjects(unfinished);
  if (differences.length === 0) linkProjects(unfinished, projects);
  else installPackages(unfinished, differences);
  run(process.execPath, [join(unfinished, 'tools/generate.mjs')], unfinished);
  const options = compilerOptions(unfinished);
  for (const folder of foldersOf(projects, APPS)) transpileProject(join(unfinished, folder), options);
  requireOwnPackages(unfinished, projects);
  renameSync(unfinished, tree);
}

/** @param {string} commit */
function packagesOf(commit) {
  const found = spawnSync('git', [...GIT, 'cat-file', '-e', `${commit}^{commit}`], { encoding: 'utf8' });
  if (found.error !== undefined) throw new Error(`git could not be run (${found.error.message}); install it.`);
  if (found.status !== 0) {
    throw new Error(
      `The history of this checkout does not have the previous version, ${commit}. ` +
        'Get it with: git fetch --unshallow (a workflow that checks out a single commit: fetch the whole history).',
    );
  }
  const json = (/** @type {string} */ file) =>
    JSON.parse(run('git', [...GIT, 'show', `${commit}:${file}`], ROOT).toString());
  return { manifest: json('package.json'), lock: json('package-lock.json') };
}

/** @param {string} commit @param {string} folder */
function unpack(commit, folder) {
  mkdirSync(folder, { recursive: true });
  const archive = run('git', [...GIT, 'archive', '--format=tar', commit], ROOT);
  run('tar', ['-x', '-C', folder], folder, archive);
}

/**
 * The tree lies below our node_modules, where Node looks for what it does not find nearer: only its own packages need a place.
 *
 * @param {string} tree @param {ReturnType<typeof readProjects>} projects
 */
function linkProjects(tree, projects) {
  for (const [name, { folder }] of projects) {
    const link = join(tree, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(tree, folder)), link);
  }
}

/** @param {string} tree @param {readonly string[]} differences */
function installPackages(tree, differences) {
  process.stderr.write(`the previous version needs packages of its own (${differences.join('; ')}): npm ci\n`);
  run('npm', ['ci'], tree);
}

/**
 * A process of the previous version with one package of this one would prove nothing.
 *
 * @param {string} tree @param {ReturnType<typeof readProjects>} projects
 */
function requireOwnPackages(tree, projects) {
  for (const app of APPS) {
    const { folder = '', needs = [] } = projects.get(app) ?? {};
    const from = createRequire(join(tree, folder, 'dist/main.js'));
    const foreign = needs.filter((name) => !from.resolve(name).startsWith(realpathSync(tree) + sep));
    if (foreign.length > 0)
      throw new Error(`The previous ${app} would be run with this version's ${foreign.join(', ')}.`);
  }
}

/** @param {string} program @param {readonly string[]} args @param {string} cwd @param {Buffer} [input] @returns {Buffer} */
function run(program, args, cwd, input) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, input, maxBuffer: ARCHIVE_MAX_BYTES });
  if (error !== undefined) throw new Error(`${program} could not be run: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr.toString().trim()}`);
  return stdout;
}

/** @param {string} file @returns {unknown} */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

try {
  process.stdout.write(`${previousTree(process.argv[2] ?? previousCommit())}\n`);
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
