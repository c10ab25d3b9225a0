/** What every generator does last. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { format, getFileInfo, resolveConfig } from 'prettier';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */

/**
 * Formats what was written, as `npm run format:write` would.
 *
 * @param {Tree} tree
 * @returns {Promise<void>}
 */
export async function formatChanges(tree) {
  for (const { path, type, content } of tree.listChanges()) {
    if (type === 'DELETE' || content === null) continue;
    const filepath = join(tree.root, path);
    const { ignored, inferredParser } = await getFileInfo(filepath, { ignorePath: join(tree.root, '.prettierignore') });
    if (ignored || inferredParser === null) continue;
    tree.write(path, await format(content.toString('utf8'), { ...(await resolveConfig(filepath)), filepath }));
  }
}

/**
 * A new project is found by its name at once: the link that `npm install` would make.
 *
 * @param {string} root
 * @param {string} name of the package
 * @param {string} project its folder
 * @returns {void}
 */
export function linkProject(root, name, project) {
  const link = join(root, 'node_modules', name);
  if (existsSync(link)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), join(root, project)), link, 'dir');
}
