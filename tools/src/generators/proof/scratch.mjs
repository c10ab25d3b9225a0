/** A copy of the workspace in which anything may be tried. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const GENERATED = 'libs/persistence/src/generated';
const MAX_LISTING = 64 * 1_048_576;

/**
 * The files of the workspace that are (or could be) committed, the generated ones, and the installed packages.
 *
 * @param {string} root
 * @returns {string} the folder
 */
export function copyWorkspace(root) {
  const scratch = mkdtempSync(join(tmpdir(), 'parlance-generators-'));
  const files = listed(root, 'ls-files', '--cached', '--others', '--exclude-standard');
  for (const path of [...files, GENERATED]) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(scratch, path), { recursive: true });
  }
  copyPackages(root, scratch);
  execFileSync('git', ['init', '--quiet'], { cwd: scratch });
  execFileSync('git', ['add', '--all'], { cwd: scratch });
  return scratch;
}

/**
 * The files that are new or changed since the copy was made.
 *
 * @param {string} scratch
 * @returns {readonly string[]}
 */
export function changesIn(scratch) {
  const changed = listed(scratch, 'diff', '--name-only', '--diff-filter=AM');
  return [...changed, ...listed(scratch, 'ls-files', '--others', '--exclude-standard')];
}

/** @param {string} scratch @returns {void} */
export function removeScratch(scratch) {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * Packages by hard links: they cost no time and no space, and resolve inside of the copy, as do the links to its own projects.
 *
 * @param {string} root
 * @param {string} scratch
 */
function copyPackages(root, scratch) {
  const packages = readdirSync(join(root, 'node_modules')).filter((name) => !name.startsWith('.') || name === '.bin');
  const from = packages.map((name) => join(root, 'node_modules', name));
  const to = join(scratch, 'node_modules');
  execFileSync('mkdir', ['-p', to]);
  try {
    execFileSync('cp', ['-al', ...from, to], { stdio: 'pipe' });
  } catch {
    // Hard links do not lead from one file system into another.
    execFileSync('cp', ['-a', ...from, to]);
  }
}

/** @param {string} cwd @param {readonly string[]} args */
function listed(cwd, ...args) {
  const text = execFileSync('git', [...args, '-z'], { cwd, encoding: 'utf8', maxBuffer: MAX_LISTING });
  return text.split('\0').filter((line) => line !== '');
}
