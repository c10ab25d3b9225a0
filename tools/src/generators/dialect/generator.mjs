/** `nx g dialect NAME`: a dialect that chats, in every place that has to know of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addDependency, editText, lockProjects, textOf } from '../edit-files.mjs';
import { textsOf, withImport, withImportedName, withLastElement, withProperty } from '../edit-typescript.mjs';
import { formatChanges, linkProject } from '../finish.mjs';
import { dialectNames } from '../names.mjs';
import { writeTemplates } from '../templates.mjs';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */
/** @typedef {import('../names.mjs').Names} Names */

const FILES = join(import.meta.dirname, 'files');
const OUTBOUND = join(FILES, 'libs/dialects/__name__/src/outbound.ts.tmpl');

/**
 * @param {Tree} tree
 * @param {{ readonly name: string }} options
 * @returns {Promise<() => void>} what is to be done when the files are written
 */
export default async function dialectGenerator(tree, { name }) {
  const names = dialectNames(tree, name);
  writeTemplates(tree, FILES, { ...names, ignored: ignoredEvents(tree) });
  register(tree, names);
  addClient(tree, names);
  await formatChanges(tree);
  return () => {
    linkProject(tree.root, `@parlance/dialect-${name}`, `libs/dialects/${name}`);
    process.stdout.write(`${nextSteps(name)}\n`);
  };
}

/**
 * The lines of the outbound table for every event that the template does not render: the table must name all there are now.
 *
 * @param {Tree} tree
 * @returns {string}
 */
function ignoredEvents(tree) {
  const rendered = [...readFileSync(OUTBOUND, 'utf8').matchAll(/^ {2}'([\w.-]+)': rendered/gm)].map(([, type]) => type);
  return textsOf(textOf(tree, 'libs/dialects/kit/src/samples/events.ts'), 'EVENT_TYPES')
    .filter((type) => !rendered.includes(type))
    .map((type) => `  '${type}': ignored('the wire has no word for it yet'),`)
    .join('\n');
}

/** @param {Tree} tree @param {Names} names */
function register(tree, { name }) {
  const module = `@parlance/dialect-${name}`;
  addDependency(tree, { project: 'libs/dialects/registry', package: module });
  editText(tree, 'libs/dialects/registry/src/index.ts', (source) =>
    withLastElement(withImport(source, `{ ${name} }`, module), 'dialects', name),
  );
  lockProjects(tree, [`libs/dialects/${name}`, 'libs/dialects/registry']);
}

/**
 * A client that speaks it, so that the end-to-end tests play it beside the others.
 *
 * @param {Tree} tree
 * @param {Names} names
 */
function addClient(tree, { name, pascal }) {
  editText(
    tree,
    'libs/testing/src/index.ts',
    (source) => `${source}export { ${pascal}Client } from './drivers/${name}/${name}.driver.js';
export type { ${pascal}Setup } from './drivers/${name}/${name}.driver.js';
`,
  );
  editText(tree, 'apps/e2e/src/people.ts', (source) =>
    withProperty(
      withImportedName(source, `${pascal}Client`, '@parlance/testing'),
      'CLIENTS',
      `${name}: async (play, user, gateway) =>
        play.enter(new ${pascal}Client({ ...play.setup('${name}', user, gateway), token: await play.api.token(user.id) }))`,
    ),
  );
  editText(tree, 'apps/e2e/src/fuzz.e2e.spec.ts', (source) =>
    withProperty(
      source,
      'ASK',
      `${name}: (socket, answered) => void socket.emit('${name}:hello', { token: 'nobody' }, answered)`,
    ),
  );
}

/** @param {string} name */
function nextSteps(name) {
  return `
The dialect ${name} chats with words of its own making: replace them by the vendor's, beginning with libs/dialects/${name}/README.md.

  npm run docs                              builds, and writes the page of who sees what
  ${`npx vitest run libs/dialects/${name}`.padEnd(41)} its own tests
  npm start                                 its clients connect to the namespace /${name}
`;
}
