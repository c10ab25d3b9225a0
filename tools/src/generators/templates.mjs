/** Files that are written as they stand in a folder, with the names put in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */

const SUFFIX = '.tmpl';

/**
 * Writes each `<path>.tmpl` of a folder to `<path>` of the workspace. `__key__` in a path and `{{key}}` in a text stand for values.
 *
 * @param {Tree} tree
 * @param {string} folder absolute
 * @param {Readonly<Record<string, string>>} values
 * @returns {void}
 * @throws {RangeError} for a key without a value
 */
export function writeTemplates(tree, folder, values) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile() && one.name.endsWith(SUFFIX))) {
    const file = join(entry.parentPath, entry.name);
    const target = relative(folder, file).slice(0, -SUFFIX.length);
    tree.write(filled(target, /__(\w+?)__/g, values), filled(readFileSync(file, 'utf8'), /\{\{(\w+)\}\}/g, values));
  }
}

/**
 * @param {string} text
 * @param {RegExp} places
 * @param {Readonly<Record<string, string>>} values
 * @returns {string}
 */
function filled(text, places, values) {
  return text.replace(places, (_, /** @type {string} */ key) => {
    const value = values[key];
    if (value === undefined) throw new RangeError(`A template asks for '${key}', which is not given.`);
    return value;
  });
}
