/** The projects of the workspace, as npm knows them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

const Workspace = z.object({ workspaces: z.array(z.string()) });
const Exported = z.union([
  z.string(),
  z.object({ '@parlance/source': z.string(), default: z.string().optional() }).partial(),
]);
const Manifest = z.object({ exports: z.record(z.string(), Exported).default({}) });

/**
 * @typedef {object} Project
 * @property {string} folder from the root, such as libs/bus
 * @property {readonly string[]} sources of what its package exports in built form, from the root
 */

/** @param {string} root @returns {readonly Project[]} */
export function readProjects(root) {
  const { workspaces } = Workspace.parse(readJson(join(root, 'package.json')));
  return workspaces
    .flatMap((pattern) => foldersOf(root, pattern))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, sources: sourcesOf(root, folder) }));
}

/** @param {string} root @param {string} pattern `libs/*` or a folder @returns {readonly string[]} */
function foldersOf(root, pattern) {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -'/*'.length);
  return readdirSync(join(root, parent)).map((name) => join(parent, name));
}

/** @param {string} root @param {string} folder @returns {readonly string[]} */
function sourcesOf(root, folder) {
  const { exports } = Manifest.parse(readJson(join(root, folder, 'package.json')));
  return Object.values(exports).flatMap((one) => {
    if (typeof one === 'string' || one.default === undefined) return [];
    const source = one['@parlance/source'];
    return source === undefined ? [] : [join(folder, source)];
  });
}

/** @param {string} file @returns {unknown} */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
