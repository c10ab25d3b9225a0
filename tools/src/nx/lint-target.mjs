/**
 * Gives every project of the workspace a `lint` target, so that a new project cannot be forgotten.
 * Type-aware rules read the types of what a project imports: their sources are inputs as well (`^default`).
 */
import { dirname } from 'node:path';

const LINT = {
  executor: 'nx:run-commands',
  dependsOn: ['parlance:generate'],
  cache: true,
  inputs: ['default', '^default', 'lintRules', 'types'],
};

/** @type {import('nx/src/project-graph/plugins/public-api').CreateNodes} */
export const createNodes = [
  '{apps,libs,tools}/**/package.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file);
      const options = { command: `eslint --max-warnings=0 ${root}` };
      return [file, { projects: { [root]: { targets: { lint: { ...LINT, options } } } } }];
    }),
];
