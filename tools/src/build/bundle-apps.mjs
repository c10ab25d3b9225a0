/** The apps with all that they need, which they share. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { build } from './rolldown.mjs';

const LICENSES = 'dist/third-party-licenses.txt';
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TERMS = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

const Manifest = z.object({ name: z.string(), version: z.string(), license: z.unknown().optional() });

/** @param {string} root @param {readonly import('./projects.mjs').Project[]} projects */
export async function bundleApps(root, projects) {
  const apps = projects.map(({ folder }) => folder).filter((folder) => existsSync(join(root, folder, 'src/main.ts')));
  const files = await build({
    root,
    input: Object.fromEntries(apps.map((folder) => [`${folder}/dist/main`, `${folder}/src/main.ts`])),
    output: { entryFileNames: '[name].js', chunkFileNames: 'dist/[name]-[hash].js' },
  });
  const packages = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
  writeFileSync(join(root, LICENSES), [...packages].sort().map(termsOf).join('\n'));
}

/** What a package wants to be handed on with its code. @param {string} folder */
function termsOf(folder) {
  const { name, version, license } = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const texts = readdirSync(folder).filter((file) => TERMS.test(file));
  const heading = `${name} ${version} (${typeof license === 'string' ? license : 'see below'})\n`;
  return [heading, ...texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()), ''].join('\n');
}
