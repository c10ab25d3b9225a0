import { describe, expect, it } from 'vitest';

import { missingEntries } from './lock-completeness.mjs';

const LINUX = '@embedded/linux-arm64-musl';
const MAC = '@embedded/darwin-x64';
const wanting = (...names: string[]) => ({
  dev: true,
  optionalDependencies: Object.fromEntries(names.map((name) => [name, '1.2.3'])),
});

describe('the completeness of a lock file', () => {
  it('finds nothing missing where every optional package has its entry', () => {
    const packages = { 'node_modules/embedded': wanting(MAC), [`node_modules/${MAC}`]: { version: '1.2.3' } };
    expect(missingEntries(packages)).toEqual({});
  });

  it('writes the entry npm would have written for another platform', () => {
    expect(missingEntries({ 'node_modules/embedded': wanting(LINUX, MAC) })).toEqual({
      [`node_modules/${LINUX}`]: {
        version: '1.2.3',
        cpu: ['arm64'],
        dev: true,
        libc: ['musl'],
        optional: true,
        os: ['linux'],
      },
      [`node_modules/${MAC}`]: { version: '1.2.3', cpu: ['x64'], dev: true, optional: true, os: ['darwin'] },
    });
  });

  it('finds an entry nested beside the package that wants it, and one above it', () => {
    const nested = { 'node_modules/a/node_modules/embedded': wanting(MAC) };
    expect(missingEntries({ ...nested, [`node_modules/a/node_modules/${MAC}`]: {} })).toEqual({});
    expect(missingEntries({ ...nested, [`node_modules/${MAC}`]: {} })).toEqual({});
  });

  it('leaves a range alone, which only the registry can turn into a version', () => {
    expect(missingEntries({ 'node_modules/a': { optionalDependencies: { b: '^1.0.0' } } })).toEqual({});
  });
});
