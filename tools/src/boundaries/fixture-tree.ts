import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Folder of each workspace project in the fixture, by package name without its scope. Same layout as the real tree. */
const PROJECTS = {
  domain: 'libs/domain',
  contracts: 'libs/contracts',
  'dialect-kit': 'libs/dialects/kit',
  'dialect-red': 'libs/dialects/red',
  'dialect-blue': 'libs/dialects/blue',
  'dialect-registry': 'libs/dialects/registry',
  bus: 'libs/bus',
  media: 'libs/media',
  storage: 'libs/storage',
  persistence: 'libs/persistence',
  testing: 'libs/testing',
  gateway: 'apps/gateway',
  message: 'apps/message',
  identity: 'apps/identity',
  standalone: 'apps/standalone',
  tools: 'tools',
} as const;

const RUNTIME_PACKAGES = [
  '@nestjs/common',
  'livekit-server-sdk',
  '@nats-io/transport-node',
  '@prisma/client',
  'pg',
  'zod',
];
const DEV_PACKAGES = ['left-over'];

/** A throw-away workspace on disk. `files` maps a path to its text; every project has an `index.ts` unless given one. */
export interface FixtureTree {
  readonly root: string;
  readonly remove: () => void;
}

export function writeFixtureTree(files: Readonly<Record<string, string>>): FixtureTree {
  const root = mkdtempSync(join(tmpdir(), 'parlance-boundaries-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('package.json', JSON.stringify(rootManifest()));
  for (const [name, folder] of Object.entries(PROJECTS)) writeProject(root, write, name, folder);
  for (const name of [...RUNTIME_PACKAGES, ...DEV_PACKAGES]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'exports.thing = 1;\n');
  }
  for (const [path, text] of Object.entries(files)) write(path, text);
  return {
    root,
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function rootManifest(): object {
  const exact = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, '1.0.0']));
  return {
    name: 'fixture',
    private: true,
    workspaces: ['apps/*', 'libs/*', 'libs/dialects/*', 'tools'],
    dependencies: exact(RUNTIME_PACKAGES),
    devDependencies: exact(DEV_PACKAGES),
  };
}

function writeProject(root: string, write: (path: string, text: string) => void, name: string, folder: string): void {
  const entry = (file: string): object => ({ '@parlance/source': `./src/${file}.ts`, default: `./dist/${file}.js` });
  const exports = {
    '.': entry('index'),
    './inner': entry('inner'),
    './conformance': entry('conformance'),
    './config': entry(`${name}.config`),
  };
  const manifest = { name: `@parlance/${name}`, version: '0.1.0', type: 'module', exports };
  write(`${folder}/package.json`, JSON.stringify(manifest));
  write(`${folder}/src/index.ts`, 'export const thing = 1;\n');
  const link = join(root, 'node_modules/@parlance', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(root, folder), link, 'dir');
}
