/** A page whose blocks can be carried out: what a reader would do by hand. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string | null} file that it is about; null: commands
 * @property {string} text
 */

const BLOCK = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/**
 * The fenced blocks of a page, in order.
 *
 * @param {string} page
 * @returns {readonly Block[]}
 */
export function blocksOf(page) {
  return [...page.matchAll(BLOCK)].map(([, language = '', file, text = '']) => ({
    language,
    file: file ?? null,
    text,
  }));
}

/**
 * Does what a block says, in a workspace. `sh`: runs the lines. `diff` with a file: changes it. Any other with a file: writes it.
 *
 * @param {string} root
 * @param {Block} block
 * @returns {void}
 * @throws {Error} when a command fails, a file is not as the page has it, or a block says nothing that could be done
 */
export function carryOut(root, { language, file, text }) {
  if (language === 'sh') return runLines(root, text);
  if (file === null) throw new Error(`A block of ${language} belongs to no file:\n${text}`);
  const path = join(root, onlyMatch(root, file));
  if (language === 'diff') return writeFileSync(path, changed(readFileSync(path, 'utf8'), text, file));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** @param {string} root @param {string} text */
function runLines(root, text) {
  const { status } = spawnSync('bash', ['-euo', 'pipefail', '-c', text], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`The page's command failed:\n${text}`);
}

/**
 * @param {string} root
 * @param {string} file perhaps with one `*` in a folder's name, for what a generator made up
 */
function onlyMatch(root, file) {
  const [, parent = '', before = '', after = '', rest = ''] = /^(.*\/)([^/*]*)\*([^/]*)(\/.*)$/.exec(file) ?? [];
  if (parent === '') return file;
  const found = readdirSync(join(root, parent)).filter((name) => name.startsWith(before) && name.endsWith(after));
  if (found.length !== 1) throw new Error(`There should be one file ${file}, and there are ${String(found.length)}.`);
  return `${parent}${found[0] ?? ''}${rest}`;
}

/**
 * Lines without a sign and with `-` must stand in the file together, at one place; in their stead come those without a sign and with `+`.
 *
 * @param {string} source
 * @param {string} diff
 * @param {string} file
 * @returns {string}
 */
export function changed(source, diff, file) {
  const lines = diff.split('\n').slice(0, -1);
  const [before, after] = ['-', '+'].map((sign) =>
    lines.filter((line) => line.startsWith(' ') || line.startsWith(sign)).map((line) => line.slice(1)),
  );
  const [text, there] = [before?.join('\n') ?? '', source.split('\n')];
  const width = before?.length ?? 0;
  const places = there.flatMap((_, index) => (there.slice(index, index + width).join('\n') === text ? [index] : []));
  const [place, ...others] = places;
  if (place === undefined || others.length > 0)
    throw new Error(`${file} should have these lines once, and has them ${String(places.length)} times:\n${text}`);
  return [...there.slice(0, place), ...(after ?? []), ...there.slice(place + width)].join('\n');
}
