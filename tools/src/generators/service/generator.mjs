/** `nx g service NAME`: a service, in every place that has to know of it. */
import { join } from 'node:path';
import { formatChanges, linkProject } from '../finish.mjs';
import { serviceNames } from '../names.mjs';
import { writeTemplates } from '../templates.mjs';
import { registerInCode } from './code.mjs';
import { registerInDeployments } from './deployments.mjs';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */

const MIGRATIONS = 'prisma/migrations';
const DAY_AND_TIME = 14;

/**
 * @param {Tree} tree
 * @param {{ readonly name: string }} options
 * @param {Date} [now]
 * @returns {Promise<() => void>} what is to be done when the files are written
 */
export default async function serviceGenerator(tree, { name }, now = new Date()) {
  const names = serviceNames(tree, name);
  const migration = `${stampAfter(tree.children(MIGRATIONS), now)}_${names.snake}`;
  writeTemplates(tree, join(import.meta.dirname, 'files'), { ...names, migration });
  registerInCode(tree, names);
  registerInDeployments(tree, names);
  await formatChanges(tree);
  return () => {
    linkProject(tree.root, `@parlance/${name}`, `apps/${name}`);
    process.stdout.write(`${nextSteps(name)}\n`);
  };
}

/**
 * Migrations are applied in the order of their names: this one is the last, whatever the clocks of other machines said.
 *
 * @param {readonly string[]} migrations
 * @param {Date} now
 * @returns {string} `yyyymmddhhmmss`
 */
function stampAfter(migrations, now) {
  const stamps = migrations.map((one) => one.slice(0, DAY_AND_TIME)).filter((one) => /^\d{14}$/.test(one));
  const newest = stamps.sort().at(-1) ?? '';
  const stamp = now.toISOString().replaceAll(/\D/g, '').slice(0, DAY_AND_TIME);
  return stamp > newest ? stamp : String(Number(newest) + 1);
}

/** @param {string} name */
function nextSteps(name) {
  return `
The service ${name} stores entries and tells of them; change it into what you need, beginning with libs/contracts/src/${name}.ts.

  npm run docs                     builds, and writes the page of settings
  ${`npx vitest run apps/${name}`.padEnd(32)} its own tests
  npm start                        it runs in there; so it does in npm run cluster, docker-compose.yml and k8s/
`;
}
