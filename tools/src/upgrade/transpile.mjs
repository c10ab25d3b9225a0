/** Makes `dist` of a project without judging its types: they were judged when its version was made. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import ts from 'typescript';
import { z } from 'zod';

const TEST_FILE = /\.(?:spec|fixture|test)\.ts$|(?:^|\/)testing\//;
const PACKAGE_SCOPE = '@parlance/';

const Manifest = z.object({ name: z.string(), dependencies: z.record(z.string(), z.string()).default({}) });

/**
 * The workspace's packages, as folders relative to the tree.
 *
 * @param {string} tree @returns {ReadonlyMap<string, { readonly folder: string, readonly needs: readonly string[] }>}
 */
export function readProjects(tree) {
  const list = (/** @type {string} */ group) =>
    readdirSync(join(tree, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(group, entry.name));
  const folders = [
    ...list('apps'),
    ...list('libs').filter((folder) => folder !== 'libs/dialects'),
    ...list('libs/dialects'),
  ];
  return new Map(
    folders.map((folder) => {
      const { name, dependencies } = Manifest.parse(
        JSON.parse(readFileSync(join(tree, folder, 'package.json'), 'utf8')),
      );
      return [name, { folder, needs: Object.keys(dependencies).filter((needed) => needed.startsWith(PACKAGE_SCOPE)) }];
    }),
  );
}

/**
 * Projects and all they need.
 *
 * @param {ReturnType<typeof readProjects>} projects @param {readonly string[]} names @returns {readonly string[]} folders
 */
export function foldersOf(projects, names) {
  const found = new Set(names);
  // A set that grows while it is walked: each project once.
  for (const name of found) for (const needed of projects.get(name)?.needs ?? []) found.add(needed);
  return [...found].map((name) => {
    const project = projects.get(name);
    if (project === undefined) throw new Error(`There was no project ${name} in the previous version.`);
    return project.folder;
  });
}

/** @param {string} tree @returns {import('typescript').CompilerOptions} the tree's own, of which file names stay as they are written */
export function compilerOptions(tree) {
  const file = join(tree, 'tsconfig.base.json');
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile);
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, tree);
  return {
    ...options,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    composite: false,
    declaration: false,
    sourceMap: false,
  };
}

/** @param {string} project folder @param {import('typescript').CompilerOptions} options */
export function transpileProject(project, options) {
  const source = join(project, 'src');
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !file.endsWith('.ts') || TEST_FILE.test(relative(source, file))) continue;
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: options, fileName: file });
    const target = join(project, 'dist', relative(source, file)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
}
