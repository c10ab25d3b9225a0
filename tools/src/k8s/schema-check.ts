import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { titleOf, type Manifest } from './manifest.js';

/**
 * Two looks at a manifest, as an API server of the same version would take them: values and required fields by the published schemas,
 * unknown keys by the types made from them.
 */

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../../..');

/** Packages that hold a module `<apiVersion>/<kind>`, by the group of the apiVersion; the rest is Kubernetes' own. */
const PACKAGES: readonly (readonly [group: RegExp, name: string])[] = [
  [/^gateway\.networking\.k8s\.io\//, '@kubernetes-models/gateway-api'],
];

function moduleOf({ apiVersion, kind }: Manifest): string {
  const name = PACKAGES.find(([group]) => group.test(apiVersion))?.[1] ?? 'kubernetes-models';
  return `${name}/${apiVersion}/${kind}`;
}

/** One line per problem; empty when the manifests fit their schemas. */
export function schemaProblems(manifests: readonly Manifest[]): readonly string[] {
  const known = manifests.filter((manifest) => modelOf(manifest) !== null);
  const unknown = manifests.filter((manifest) => modelOf(manifest) === null);
  return [
    ...unknown.map((manifest) => `${titleOf(manifest)}: there is no ${manifest.kind} in ${manifest.apiVersion}`),
    ...known.flatMap(valueProblems),
    ...keyProblems(known),
  ];
}

function valueProblems(manifest: Manifest): readonly string[] {
  try {
    modelOf(manifest)?.(manifest);
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [`${titleOf(manifest)}: ${error.message.replaceAll(/\s+/g, ' ')}`];
  }
}

/** What judges a manifest by throwing; null when there is no such kind. */
function modelOf(manifest: Manifest): ((data: Manifest) => void) | null {
  const Model = exported(moduleOf(manifest), manifest.kind);
  if (typeof Model !== 'function') return null;
  return (data) => {
    const made: unknown = Reflect.construct(Model, [data]);
    const validate: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, 'validate') : undefined;
    if (typeof validate !== 'function') throw new TypeError(`${data.kind} cannot be validated.`);
    Reflect.apply(validate, made, []);
  };
}

function exported(module: string, name: string): unknown {
  try {
    const loaded: unknown = require(module);
    return typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, name) : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && /NOT_FOUND|NOT_EXPORTED/.test(String(error.code)))
      return undefined;
    throw error;
  }
}

const VIRTUAL_FILE = join(ROOT, 'rendered-manifests.ts');

const COMPILER: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: [],
  lib: ['lib.es2022.d.ts'],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Node10,
};

/** Unknown keys: each manifest as a literal of its kind's type, where the compiler reports properties that the type has not. */
function keyProblems(manifests: readonly Manifest[]): readonly string[] {
  const text = manifests.map(typedLiteral).join('\n');
  const program = ts.createProgram([VIRTUAL_FILE], COMPILER, hostOf(text));
  const diagnostics = ts.getPreEmitDiagnostics(program);
  return diagnostics.map(({ file, start, messageText }) => {
    const line = file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
    const owner = manifests[Math.floor(line / LINES_EACH)];
    const message = ts.flattenDiagnosticMessageText(messageText, ' ').replaceAll(/\s+/g, ' ');
    return `${owner === undefined ? 'manifests' : titleOf(owner)}: ${message}`;
  });
}

/** Of `typedLiteral`. */
const LINES_EACH = 2;

function typedLiteral(manifest: Manifest, index: number): string {
  const type = `T${index}`;
  return [
    `import type { I${manifest.kind} as ${type} } from '${moduleOf(manifest)}';`,
    `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`,
  ].join('\n');
}

/** Files of packages and of the language are read once: a run checks several installations. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function hostOf(text: string): ts.CompilerHost {
  const disk = ts.createCompilerHost(COMPILER);
  return {
    ...disk,
    getCurrentDirectory: () => ROOT,
    fileExists: (file) => file === VIRTUAL_FILE || disk.fileExists(file),
    readFile: (file) => (file === VIRTUAL_FILE ? text : disk.readFile(file)),
    getSourceFile: (file, target) => {
      if (file === VIRTUAL_FILE) return ts.createSourceFile(file, text, target);
      if (!parsed.has(file)) parsed.set(file, disk.getSourceFile(file, target));
      return parsed.get(file);
    },
  };
}
