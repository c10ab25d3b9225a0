/** Changes of files of the workspace, of package.json and the lock file above all. */

/** @typedef {import('nx/src/generators/tree').Tree} Tree */
/** @typedef {{ name?: string, version?: string, license?: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> }} Package */

const LOCK = 'package-lock.json';

/**
 * The text of a file that must be there.
 *
 * @param {Tree} tree
 * @param {string} path
 * @returns {string}
 */
export function textOf(tree, path) {
  const text = tree.read(path, 'utf8');
  if (text === null) throw new Error(`${path} is missing: this is not the workspace the generator knows.`);
  return text;
}

/**
 * @param {Tree} tree
 * @param {string} path
 * @param {(source: string) => string} change
 * @returns {void}
 */
export function editText(tree, path, change) {
  tree.write(path, change(textOf(tree, path)));
}

/**
 * @template T
 * @param {Tree} tree
 * @param {string} path
 * @param {(value: T) => void} change
 * @returns {void}
 */
export function editJson(tree, path, change) {
  /** @type {T} */
  const value = JSON.parse(textOf(tree, path));
  change(value);
  tree.write(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * A project uses a package of the workspace.
 *
 * @param {Tree} tree
 * @param {{ readonly project: string, readonly package: string }} use
 * @returns {void}
 */
export function addDependency(tree, use) {
  editJson(tree, `${use.project}/package.json`, (/** @type {Package} */ json) => {
    json.dependencies = { ...json.dependencies, [use.package]: '*' };
  });
}

/**
 * What `npm install` would write into the lock file for these projects of the workspace, so that nothing need be fetched.
 *
 * @param {Tree} tree
 * @param {readonly string[]} projects folders with a package.json, new or changed
 * @returns {void}
 */
export function lockProjects(tree, projects) {
  editJson(tree, LOCK, (/** @type {{ packages: Record<string, unknown> }} */ lock) => {
    for (const project of projects) {
      /** @type {Package} */
      const {
        name = '',
        version,
        license,
        dependencies,
        devDependencies,
      } = JSON.parse(textOf(tree, `${project}/package.json`));
      const locked = {
        name,
        version,
        license,
        ...(dependencies === undefined ? {} : { dependencies: sorted(dependencies) }),
        ...(devDependencies === undefined ? {} : { devDependencies: sorted(devDependencies) }),
      };
      lock.packages = placed(lock.packages, project, locked);
      lock.packages = placed(lock.packages, `node_modules/${name}`, { resolved: project, link: true });
    }
  });
}

/**
 * Over the entry of the same key, or where it belongs among the others, which stay as they are.
 *
 * @param {Readonly<Record<string, unknown>>} packages
 * @param {string} key
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function placed(packages, key, value) {
  if (key in packages) return { ...packages, [key]: value };
  const entries = Object.entries(packages);
  const next = entries.findIndex(([other]) => other.localeCompare(key, 'en') > 0);
  entries.splice(next < 0 ? entries.length : next, 0, [key, value]);
  return Object.fromEntries(entries);
}

/**
 * In the order that npm writes.
 *
 * @template T
 * @param {Readonly<Record<string, T>>} record
 * @returns {Record<string, T>}
 */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => one.localeCompare(other, 'en')));
}

/**
 * Adds lines behind a line, the first one after the last place that `from` finds.
 *
 * @param {string} source
 * @param {string} lines
 * @param {{ readonly from: RegExp, readonly line: string }} place `from` is global
 * @returns {string}
 */
export function addLineAfter(source, lines, { from, line }) {
  const start = [...source.matchAll(from)].at(-1)?.index;
  const end = start === undefined ? -1 : source.indexOf(`\n${line}\n`, start);
  if (end < 0) throw new Error(`There is no line '${line}' to write behind.`);
  const at = end + `\n${line}`.length;
  return `${source.slice(0, at)}\n${lines}${source.slice(at)}`;
}
