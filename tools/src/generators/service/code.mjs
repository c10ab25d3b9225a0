/** Where the code names its services: contracts, schemas, settings, and the two ways to run all of them here. */
import { addDependency, editText, lockProjects } from '../edit-files.mjs';
import { withElement, withImport, withProperty } from '../edit-typescript.mjs';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */
/** @typedef {import('../names.mjs').Names} Names */

/** @param {Tree} tree @param {Names} names @returns {void} */
export function registerInCode(tree, names) {
  exportContract(tree, names);
  addPostgresSchema(tree, names);
  declareSettings(tree, names);
  addToStandalone(tree, names);
  addToCluster(tree, names);
  lockProjects(tree, [`apps/${names.name}`, 'apps/standalone', 'apps/cluster', 'tools']);
}

/** @param {Tree} tree @param {Names} names */
function exportContract(tree, { name, camel, pascal }) {
  editText(
    tree,
    'libs/contracts/src/index.ts',
    (source) =>
      `${source}export { put${pascal}Entry, ${camel}Address, ${camel}Changed, ${camel}EntrySchema } from './${name}.js';
export type { ${pascal}Entry } from './${name}.js';
`,
  );
}

/** @param {Tree} tree @param {Names} names */
function addPostgresSchema(tree, { snake }) {
  editText(tree, 'prisma/schema/base.prisma', (source) => {
    const changed = source.replace(/(schemas\s*=\s*\[[^\]]*)\]/, `$1, "${snake}"]`);
    if (changed === source) throw new Error('prisma/schema/base.prisma has no list of schemas.');
    return changed;
  });
}

/** @param {Tree} tree @param {Names} names */
function declareSettings(tree, { name, camel }) {
  addDependency(tree, { project: 'tools', package: `@parlance/${name}` });
  editText(tree, 'tools/src/config/declared-apps.ts', (source) =>
    withElement(
      withImport(source, `{ ${camel}Fragments }`, `@parlance/${name}/config`),
      `onTheBus('${name}', ${camel}Fragments)`,
      "{ name: 'migrate'",
    ),
  );
}

/** @param {Tree} tree @param {Names} names */
function addToStandalone(tree, { name, camel, pascal }) {
  addDependency(tree, { project: 'apps/standalone', package: `@parlance/${name}` });
  editText(tree, 'apps/standalone/src/standalone.config.ts', (source) =>
    withElement(
      withImport(source, `{ ${camel}Fragments }`, `@parlance/${name}/config`),
      `...${camel}Fragments`,
      '...gatewayFragments',
    ),
  );
  editText(tree, 'apps/standalone/src/standalone.ts', (source) =>
    withElement(
      withImport(source, `{ ${pascal}Module }`, `@parlance/${name}`),
      `${pascal}Module.register(settled)`,
      'GatewayModule.register',
    ),
  );
}

/** @param {Tree} tree @param {Names} names */
function addToCluster(tree, { name, constant }) {
  addDependency(tree, { project: 'apps/cluster', package: `@parlance/${name}` });
  editText(tree, 'apps/cluster/src/services.ts', (source) =>
    withProperty(
      source,
      'SERVICES',
      `'${name}': { replicas: 2, settings: ['DATABASE_URL', 'PARLANCE_${constant}_TEXT_CHARS'] }`,
    ),
  );
}
