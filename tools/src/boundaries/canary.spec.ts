import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { cruiseWorkspace } from './cruise.mjs';
import { writeFixtureTree, type FixtureTree } from './fixture-tree.js';
import rules from './rules.mjs';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const SUITE = 'libs/dialects/kit/src/conformance.ts';
const take = (specifier: string): string => `import { thing } from '${specifier}';\nexport const taken = thing;\n`;
const TEST_ENTRIES = {
  [SUITE]: 'export const thing = 1;\n',
  'apps/message/src/message.config.ts': 'export const thing = 1;\n',
  'apps/message/src/room.fixture.ts': 'export const thing = 1;\n',
};

/** One illegal import per rule: the file that holds it, and what it imports. */
const PLANTED: Readonly<Record<string, readonly [file: string, specifier: string]>> = {
  'domain-imports-nothing-of-the-workspace': ['libs/domain/src/bad.ts', '@parlance/contracts'],
  'contracts-import-only-domain': ['libs/contracts/src/bad.ts', '@parlance/bus'],
  'kit-imports-only-domain-and-contracts': ['libs/dialects/kit/src/bad.ts', '@parlance/bus'],
  'dialects-import-only-what-lies-below': ['libs/dialects/red/src/bad.ts', '@parlance/bus'],
  'a-dialect-never-imports-another': ['libs/dialects/blue/src/bad.ts', '@parlance/dialect-red'],
  'only-the-registry-names-dialects': ['apps/gateway/src/bad.ts', '@parlance/dialect-red'],
  'only-edges-import-the-dialect-port': ['apps/message/src/bad.ts', '@parlance/dialect-registry'],
  'inner-layers-ban-infrastructure': ['libs/domain/src/socket.ts', 'node:net'],
  'edges-have-no-sql': ['apps/gateway/src/sql.ts', '@parlance/persistence'],
  'only-edges-import-storage': ['apps/message/src/files.ts', '@parlance/storage'],
  'only-the-api-signs-for-media-servers': ['apps/gateway/src/media.ts', '@parlance/media'],
  'only-the-bus-imports-nats': ['apps/message/src/nats.ts', '@nats-io/transport-node'],
  'only-repositories-import-prisma': ['apps/message/src/message.service.ts', '@prisma/client'],
  'apps-do-not-import-apps': ['apps/message/src/neighbour.ts', '@parlance/identity'],
  'libraries-do-not-import-apps': ['libs/bus/src/app.ts', '@parlance/message'],
  'tools-know-of-apps-their-settings-alone': ['tools/src/app.ts', '@parlance/message'],
  'production-never-imports-testing': ['apps/message/src/driver.ts', '@parlance/testing'],
  'production-has-no-dev-dependencies': ['apps/message/src/dev.ts', 'left-over'],
  'projects-are-entered-through-their-index': ['libs/bus/src/deep.ts', '@parlance/domain/inner'],
  'projects-are-imported-by-name': ['libs/bus/src/relative.ts', '../../domain/src/index.js'],
  'no-import-cycles': ['libs/bus/src/cycle.ts', './cycle.js'],
  'every-import-resolves': ['libs/bus/src/missing.ts', '@parlance/nowhere'],
};

/** Banned packages and modules beyond the one planted above, each in a file that breaks no other rule. */
const ALSO_BANNED: readonly (readonly [rule: string, file: string, specifier: string])[] = [
  ['inner-layers-ban-infrastructure', 'libs/contracts/src/nest.ts', '@nestjs/common'],
  ['inner-layers-ban-infrastructure', 'libs/dialects/red/src/http.ts', 'node:http'],
  ['inner-layers-ban-infrastructure', 'libs/dialects/kit/src/pg.ts', 'pg'],
  ['only-the-api-signs-for-media-servers', 'apps/call/src/livekit.ts', 'livekit-server-sdk'],
  ['edges-have-no-sql', 'apps/gateway/src/pg.ts', 'pg'],
  ['libraries-do-not-import-apps', 'libs/bus/src/config.ts', '@parlance/message/config'],
  ['apps-do-not-import-apps', 'apps/gateway/src/config.ts', '@parlance/message/config'],
  ['edges-have-no-sql', 'libs/actions/src/sql.ts', '@parlance/persistence'],
  ['production-never-imports-testing', 'apps/gateway/src/suite.ts', '@parlance/dialect-kit/conformance'],
  ['production-never-imports-testing', 'apps/message/src/fixed.ts', './room.fixture.js'],
];

const LEGAL: Readonly<Record<string, string>> = {
  'libs/contracts/src/good.ts': take('@parlance/domain'),
  'libs/dialects/kit/src/good.ts': take('@parlance/contracts'),
  'libs/dialects/red/src/good.ts': take('@parlance/dialect-kit'),
  [SUITE]: take('left-over'),
  'libs/dialects/red/src/red.spec.ts': take('@parlance/dialect-kit/conformance'),
  'libs/dialects/registry/src/good.ts': take('@parlance/dialect-red'),
  'libs/bus/src/good.ts': take('@nats-io/transport-node'),
  'apps/gateway/src/good.ts': take('@parlance/dialect-registry'),
  'apps/message/src/room/room.repository.ts': take('@prisma/client'),
  'apps/message/src/message.module.ts': take('@nestjs/common'),
  'apps/message/src/room/room.service.ts': take('@parlance/persistence'),
  'apps/message/src/good.spec.ts': take('@parlance/testing'),
  'apps/api/src/good.ts': take('@parlance/storage'),
  'apps/api/src/media.ts': take('@parlance/media'),
  'apps/standalone/src/good.ts': take('@parlance/message'),
  'apps/message/src/message.config.ts': 'export const thing = 1;\n',
  'tools/src/good.ts': take('@parlance/message/config'),
};

describe('the import rules', () => {
  let tree: FixtureTree | undefined;
  afterEach(() => tree?.remove());

  const cruise = async (files: Readonly<Record<string, string>>) => {
    tree = writeFixtureTree(files);
    return cruiseWorkspace(tree.root);
  };

  it('have a planted violation each', () => {
    expect(Object.keys(PLANTED).sort()).toEqual(rules.forbidden?.map(({ name }) => name).sort());
  });

  it('let a legal tree pass', async () => {
    const { files, violations } = await cruise(LEGAL);
    expect(violations).toEqual([]);
    expect(files).toBeGreaterThan(Object.keys(LEGAL).length);
  });

  it.each(Object.entries(PLANTED))('%s reports its planted import and nothing else does', async (rule, planted) => {
    const [file, specifier] = planted;
    const { violations } = await cruise({
      'libs/domain/src/inner.ts': 'export const thing = 1;\n',
      [file]: take(specifier),
    });
    expect(violations.map((violation) => [violation.rule, violation.from])).toEqual([[rule, file]]);
  });

  it.each(ALSO_BANNED)('%s reports %s for importing %s', async (rule, file, specifier) => {
    const { violations } = await cruise({ ...TEST_ENTRIES, [file]: take(specifier) });
    expect(violations.map((violation) => [violation.rule, violation.from])).toEqual([[rule, file]]);
  });

  it('fail the Nx target that check runs', () => {
    tree = writeFixtureTree({ 'libs/domain/src/bad.ts': take('@parlance/contracts') });
    const { status, output } = runBoundariesTarget(tree.root);
    expect(output).toContain('domain-imports-nothing-of-the-workspace: libs/domain/src/bad.ts imports libs/contracts');
    expect(status).toBe(1);
  }, 60_000);
});

/** Runs the target as `npm run check` does, on another tree. Nx marks its child processes; an outer run must not show. */
function runBoundariesTarget(root: string): { readonly status: number | null; readonly output: string } {
  const outside = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NX_')));
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [nx, 'run', 'parlance:boundaries', '--skip-nx-cache', `--root=${root}`],
    { cwd: REPOSITORY, encoding: 'utf8', env: { ...outside, NX_DAEMON: 'false', NX_TUI: 'false' } },
  );
  return { status, output: stdout + stderr };
}
