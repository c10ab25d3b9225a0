import { spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { Manifest } from './manifest.js';

const KUBECTL = 'kubectl';
/** Older ones do not know components, labels or patches by target. */
const OLDEST_KUSTOMIZE = 5;
const MAX_OUTPUT = 16 * 1_048_576;

const Version = z.object({ kustomizeVersion: z.string() });

/**
 * What `kubectl kustomize` makes of a folder. Asks no cluster.
 * @throws Error when kubectl is missing, too old or refuses the folder, with what it said.
 */
export function render(folder: string): readonly Manifest[] {
  requireKustomize();
  return readManifests(kubectl('kustomize', folder));
}

export function readManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return unwrapped(Manifest.parse(document.toJS()));
  });
}

const Encoded = z.looseObject({ data: z.record(z.string(), z.string()) });

/** Long secrets are rendered over several lines, which are no part of base64 and which a server skips. */
function unwrapped(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret') return manifest;
  const { data } = Encoded.parse(manifest);
  const joined = Object.entries(data).map(([key, value]) => [key, value.replaceAll(/\s/g, '')]);
  return { ...manifest, data: Object.fromEntries(joined) };
}

function requireKustomize(): void {
  const { kustomizeVersion } = Version.parse(JSON.parse(kubectl('version', '--client', '--output=json')));
  const major = Number(/^v?(\d+)\./.exec(kustomizeVersion)?.[1]);
  if (major >= OLDEST_KUSTOMIZE) return;
  throw new Error(
    `kubectl has kustomize ${kustomizeVersion}; ${OLDEST_KUSTOMIZE} is needed: install kubectl 1.27 or newer.`,
  );
}

function kubectl(...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(KUBECTL, args, { encoding: 'utf8', maxBuffer: MAX_OUTPUT });
  if (error !== undefined)
    throw new Error(`kubectl could not be run (${error.message}); install it.`, { cause: error });
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}
