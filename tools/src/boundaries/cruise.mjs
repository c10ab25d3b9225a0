import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { cruise } from 'dependency-cruiser';

import rules from './rules.mjs';

/**
 * @typedef {object} Violation
 * @property {string} rule name of the broken rule
 * @property {string} from importing file, relative to the root
 * @property {string} to what it imports: a file relative to the root, or a module name
 */

/**
 * Applies the import rules to a workspace tree.
 *
 * @param {string} root absolute folder that holds apps, libs and tools
 * @returns {Promise<{ readonly files: number, readonly violations: readonly Violation[] }>} `files` counts the
 *   project files read, so that a caller can tell "nothing wrong" from "nothing looked at"
 */
export async function cruiseWorkspace(root) {
  const folders = ['apps', 'libs', 'tools'].filter((folder) => existsSync(join(root, folder)));
  const { enhancedResolveOptions, ...options } = rules.options ?? {};
  const { output } = await cruise(
    folders,
    { ...options, baseDir: root, validate: true, ruleSet: { forbidden: rules.forbidden ?? [] } },
    enhancedResolveOptions ?? {},
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text where a result was asked for');
  return {
    files: output.modules.filter(({ source }) => /^(?:apps|libs|tools)\//.test(source)).length,
    violations: output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
  };
}
