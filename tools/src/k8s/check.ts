import { appsProblems } from './apps-check.js';
import type { Manifest } from './manifest.js';
import { podProblems } from './pod-check.js';
import { schemaProblems } from './schema-check.js';
import { settingsProblems } from './settings-check.js';

/** Everything that is wrong with a rendered installation, one line per problem. */
export function manifestProblems(manifests: readonly Manifest[]): readonly string[] {
  const unfit = schemaProblems(manifests);
  // The other checks read what fits the schemas.
  return unfit.length > 0
    ? unfit
    : [...appsProblems(manifests), ...podProblems(manifests), ...settingsProblems(manifests)];
}
