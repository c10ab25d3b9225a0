/** The names that a generated project is known by, and which names are taken. */
import { join } from 'node:path';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */

/**
 * @typedef {object} Names
 * @property {string} name as given: folder, image command, manifests, `audit-trail`
 * @property {string} camel for values: `auditTrail`
 * @property {string} pascal for types: `AuditTrail`
 * @property {string} snake for Postgres and metrics: `audit_trail`
 * @property {string} constant for settings: `AUDIT_TRAIL`
 */

const MAX_LENGTH = 30;
const SERVICE_NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** What the conformance suite asks of a dialect's name: it stands in paths, metrics and namespaces. */
const DIALECT_NAME = /^[a-z][a-z0-9]+$/;

/** They would be keywords where a name becomes an identifier of TypeScript, of SQL or of Prisma. */
const KEYWORDS =
  'abstract all analyse analyze and any array as asc await base boolean both break case cast catch check class collate column const constant constraint continue create current date debugger declare default deferrable delete desc distinct do else end enum enumerator except export extends false fetch finally for foreign from function generator grant group having if implements import in initially instanceof instance int interface intersect into is lateral leading let limit localtime model module name names new not null number object of off offset on only or order package placing primary private protected public references return returning select session set some static string super switch symmetric system table then this throw to trailing true try type typeof undefined union unique user using var variadic void when where while window with yield'.split(
    ' ',
  );

/** Servers of an installation, and first words of bus addresses and of config fragments that belong to nobody's service. */
const TAKEN =
  'app apps api bus config coturn database dev drain dist e2e files http key limits log migrations monitoring namespace nats parlance pg-catalog pg-toast postgres process prod prometheus proxy redis registry room secrets settings source spec standalone storage testing tools types web'.split(
    ' ',
  );

/**
 * @param {string} name
 * @returns {Names}
 */
export function namesOf(name) {
  const words = name.split('-');
  const pascal = words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('');
  return {
    name,
    pascal,
    camel: `${pascal.slice(0, 1).toLowerCase()}${pascal.slice(1)}`,
    snake: words.join('_'),
    constant: words.join('_').toUpperCase(),
  };
}

/**
 * @param {Tree} tree
 * @param {string} name
 * @returns {Names}
 * @throws {Error} with a line that says why the name cannot be a service's
 */
export function serviceNames(tree, name) {
  const names = checked('service', name, SERVICE_NAME, 'lower-case words joined by dashes, such as audit-trail');
  refuseTaken(tree, name, [
    join('apps', name),
    join('libs', name),
    join('libs/dialects', name),
    join('libs/contracts/src', `${name}.ts`),
    join('libs/domain/src', name),
    join('prisma/schema', `${name}.prisma`),
    join('k8s/base', name),
  ]);
  return names;
}

/**
 * @param {Tree} tree
 * @param {string} name
 * @returns {Names}
 * @throws {Error} with a line that says why the name cannot be a dialect's
 */
export function dialectNames(tree, name) {
  const names = checked('dialect', name, DIALECT_NAME, 'one word of lower-case letters and digits, such as parrot');
  refuseTaken(tree, name, [join('libs/dialects', name), join('apps', name), join('libs', name)]);
  return names;
}

/**
 * @param {string} what
 * @param {string} name
 * @param {RegExp} form
 * @param {string} told
 */
function checked(what, name, form, told) {
  if (!form.test(name)) throw new Error(`'${name}' cannot be the name of a ${what}: a name is ${told}.`);
  if (name.length < 2 || name.length > MAX_LENGTH)
    throw new Error(`'${name}' cannot be the name of a ${what}: a name has 2 to ${String(MAX_LENGTH)} characters.`);
  if (KEYWORDS.includes(name)) throw new Error(`'${name}' cannot be the name of a ${what}: it is a reserved word.`);
  return namesOf(name);
}

/**
 * @param {Tree} tree
 * @param {string} name
 * @param {readonly string[]} places
 */
function refuseTaken(tree, name, places) {
  const there = places.find((place) => tree.exists(place));
  if (there !== undefined) throw new Error(`The name '${name}' is taken: ${there} exists.`);
  if (TAKEN.includes(name) || name.startsWith('pg-') || name.startsWith('gateway-'))
    throw new Error(`The name '${name}' is taken: something of an installation is already called so.`);
}
