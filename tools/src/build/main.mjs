/**
 * `npm run build`: what the programs of this workspace are run from, by Node alone.
 * - `apps/NAME/dist/main.js`: each app with the packages it needs, in a few files that the apps share (`dist/` of the root): a process
 *   that reads 15 files starts in a third of the time it takes for 1,500.
 * - `dist/` of each library and of tools: a file for each source, with the packages left where they are. `--apps` leaves these out.
 * Types are judged by `npm run typecheck`. When nothing has changed since the last build, nothing is done.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { bundleApps } from './bundle-apps.mjs';
import { emitModules } from './emit-modules.mjs';
import { readProjects } from './projects.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const STAMP = join(ROOT, 'dist/.stamp');
const SETTINGS = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'tools/src/build'];

const { values } = parseArgs({ options: { apps: { type: 'boolean', default: false } } });
const projects = readProjects(ROOT);
const stamp = stampOf([...SETTINGS, ...projects.flatMap(({ folder }) => [`${folder}/src`, `${folder}/package.json`])]);
const outputs = ['dist', ...projects.map(({ folder }) => `${folder}/dist`)];

if (!isBuilt()) {
  for (const folder of outputs) rmSync(join(ROOT, folder), { recursive: true, force: true });
  if (!values.apps) await emitModules(ROOT, projects);
  await bundleApps(ROOT, projects);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, stamp);
}

function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp;
}

/**
 * Changes when one of the files changes, comes or goes.
 *
 * @param {readonly string[]} paths files and folders
 */
function stampOf(paths) {
  const hash = createHash('sha256').update(JSON.stringify([process.version, values]));
  for (const path of paths.toSorted()) {
    for (const file of filesOf(path)) hash.update(file).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
}

/** @param {string} path @returns {readonly string[]} */
function filesOf(path) {
  if (!existsSync(join(ROOT, path))) return [];
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}
