/** What both builds have in common. */
import { join } from 'node:path';

import { rolldown } from 'rolldown';

/** Packages that Nest asks for only where an app uses what they bring. */
const NEVER_INSTALLED = [/^@nestjs\/(?:microservices|websockets)(?:\/|$)/, /^class-(?:validator|transformer)(?:\/|$)/];

/**
 * @param {object} build
 * @param {string} build.root
 * @param {Readonly<Record<string, string>>} build.input files of the root by their names in the output
 * @param {readonly RegExp[]} [build.external]
 * @param {import('rolldown').OutputOptions} build.output
 * @returns {Promise<readonly string[]>} all files that went into it
 */
export async function build({ root, input, external = [], output }) {
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(input).map(([name, file]) => [name, join(root, file)])),
    platform: 'node',
    tsconfig: join(root, 'tsconfig.json'),
    external: [...NEVER_INSTALLED, ...external],
    resolve: { conditionNames: ['@parlance/source', 'node'] },
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
  });
  try {
    // Names are seen: Nest's and the logs'.
    const written = await bundle.write({ dir: root, format: 'esm', keepNames: true, ...output });
    return written.output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  } finally {
    await bundle.close();
  }
}
