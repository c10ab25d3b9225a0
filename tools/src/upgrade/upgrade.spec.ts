import * as contracts from '@parlance/contracts';
import * as domain from '@parlance/domain';
import { checksum, defaultMigrationsDir, readMigrations } from '@parlance/persistence';
import { describe, expect, it } from 'vitest';
import { contractProblems } from './contract-agreement.js';
import { documentOf } from './contract-document.js';
import { migrationProblems } from './migration-rules.js';
import { readExceptions, readFrozenContracts, readPrevious } from './upgrade-files.js';

// See tools/docs/upgrading.md for what to do when one of these fails.

describe('this version beside the one before', () => {
  const previous = readPrevious();
  const all = readMigrations(defaultMigrationsDir());
  const known = all.filter(({ name }) => name in previous.migrations);
  const added = all.filter(({ name }) => !(name in previous.migrations));

  it('has its migrations, unchanged, before its own', () => {
    expect(Object.fromEntries(known.map(({ name, sql }) => [name, checksum(sql)]))).toEqual(previous.migrations);
    const last = known.at(-1)?.name ?? '';
    expect(added.filter(({ name }) => name < last)).toEqual([]);
  });

  it('takes nothing away from its database', () => {
    expect(migrationProblems({ version: previous.version, migrations: known }, added)).toEqual([]);
  });

  it('is understood by it on the bus, and understands it', () => {
    const excepted = readExceptions().map(({ problem }) => problem);
    const problems = contractProblems(readFrozenContracts(), documentOf(contracts, domain));
    expect(problems.filter((problem) => !excepted.includes(problem))).toEqual([]);
    expect(excepted.filter((problem) => !problems.includes(problem))).toEqual([]);
  });
});
