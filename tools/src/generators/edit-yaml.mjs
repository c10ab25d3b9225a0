/** Changes of YAML files: the parsed document says where, and everything else, comments included, stays as it is. */
import { isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';

/** @typedef {readonly (string | number)[]} Path */

/**
 * Adds an item at the end of a sequence, or before the item that a `before` picks.
 *
 * @param {string} source
 * @param {Path} path of the sequence
 * @param {string} item as it is to stand behind the dash, without indentation
 * @param {(item: unknown) => boolean} [before] picks by value
 * @returns {string}
 */
export function withItem(source, path, item, before = () => false) {
  const sequence = nodeAt(source, path);
  if (!isSeq(sequence)) throw new Error(`There is no list at ${path.join('.')}.`);
  const next = sequence.items.find((one) => before(valueOf(one)));
  const [first] = sequence.items;
  const column = columnOf(source, startOf(first)) - '- '.length;
  const text = indented(`- ${item.replaceAll('\n', '\n  ')}`, column);
  if (next === undefined) return atEndOf(source, sequence, text);
  return insertedLine(source, lineStart(source, startOf(next)), text);
}

/**
 * Adds an entry at the end of a map, or before the key that stands there; a blank line parts it where blank lines part the others.
 *
 * @param {string} source
 * @param {Path} path of the map
 * @param {string} entry `key: value` as it is to stand, without indentation
 * @param {string} [before] a key
 * @returns {string}
 */
export function withEntry(source, path, entry, before) {
  const map = nodeAt(source, path);
  if (!isMap(map)) throw new Error(`There is no map at ${path.join('.')}.`);
  const next = map.items.find(({ key }) => isScalar(key) && key.value === before);
  const [first] = map.items;
  const column = columnOf(source, startOf(first?.key));
  const text = indented(entry, column);
  if (next === undefined) return atEndOf(source, map, text);
  return insertedLine(source, lineStart(source, startOf(next.key)), `${text}\n`);
}

/**
 * @param {string} source
 * @param {Path} path
 */
function nodeAt(source, path) {
  return parseDocument(source).getIn(path, true);
}

/** @param {unknown} node @returns {unknown} */
function valueOf(node) {
  if (typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function')
    return node.toJSON();
  return node;
}

/** @param {unknown} node @returns {number} offset */
function startOf(node) {
  const range = rangeOf(node);
  if (range === null) throw new Error('There is nothing to stand beside.');
  return range[0];
}

/** @param {unknown} node @returns {readonly [number, number, number] | null} */
function rangeOf(node) {
  if (isPair(node)) return rangeOf(node.key);
  return isMap(node) || isSeq(node) || isScalar(node) ? (node.range ?? null) : null;
}

/**
 * Behind the last line of a collection, before the blank lines and comments that belong to what follows.
 *
 * @param {string} source
 * @param {unknown} node
 * @param {string} text
 */
function atEndOf(source, node, text) {
  const end = rangeOf(node)?.[1] ?? source.length;
  const kept = source.slice(0, end).trimEnd();
  return `${kept}\n${text}${source.slice(kept.length)}`;
}

/** @param {string} source @param {number} at @param {string} text */
function insertedLine(source, at, text) {
  return `${source.slice(0, at)}${text}\n${source.slice(at)}`;
}

/** @param {string} source @param {number} offset */
function lineStart(source, offset) {
  return source.lastIndexOf('\n', offset - 1) + 1;
}

/** @param {string} source @param {number} offset */
function columnOf(source, offset) {
  return offset - lineStart(source, offset);
}

/** @param {string} text @param {number} column */
function indented(text, column) {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `${' '.repeat(column)}${line}`))
    .join('\n');
}
