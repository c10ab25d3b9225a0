/** A file for each source: for programs at a person's desk, and for whatever imports a project from outside. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './rolldown.mjs';

/** Programs that another one starts as processes of their own, or has Node load. */
const STARTED_BY_OTHERS = /^(?:peer-.*|profiler-hook)\.ts$/;
/** All but our own, and the few lines that the compiled decorators call. */
const PACKAGES = /^(?!@parlance\/|@oxc-project\/)[^./\0]/;

/** @param {string} root @param {readonly import('./projects.mjs').Project[]} projects */
export async function emitModules(root, projects) {
  const sources = [...projects.flatMap((project) => project.sources), ...programs(root)];
  await build({
    root,
    input: Object.fromEntries(sources.map((file) => [file.slice(0, -'.ts'.length), file])),
    external: [PACKAGES],
    output: {
      preserveModules: true,
      preserveModulesRoot: root,
      entryFileNames: ({ name }) => `${built(name)}.js`,
      chunkFileNames: ({ name }) => `${built(name)}.js`,
    },
  });
}

/** @param {string} root @returns {readonly string[]} */
function programs(root) {
  const folder = 'tools/src';
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('/main.ts') || STARTED_BY_OTHERS.test(file.split('/').at(-1) ?? ''))
    .map((file) => join(folder, file));
}

/** @param {string} name of a module, from the root */
function built(name) {
  return name.includes('/src/') ? name.replace('/src/', '/dist/') : `dist/${name}`;
}
