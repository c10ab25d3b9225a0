import { describe, expect, it } from 'vitest';
import { disagreements } from './lock-agreement.mjs';

const lockOf = (packages: Readonly<Record<string, string>>) => ({
  packages: Object.fromEntries(
    Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]),
  ),
});

function told(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): readonly string[] {
  const dependencies = Object.fromEntries(Object.keys(before).map((name) => [name, '*']));
  return disagreements({ manifest: { dependencies }, lock: lockOf(before) }, lockOf(now));
}

describe('whether the packages of one version serve another', () => {
  it.each([
    ['the same', '1.2.3', '1.2.3'],
    ['a newer minor version', '1.2.3', '1.10.0'],
    ['a newer patch below 1.0', '0.5.6', '0.5.10'],
  ])('takes %s', (_, before, now) => {
    expect(told({ one: before }, { one: now })).toEqual([]);
  });

  it.each([
    ['an older one', '1.2.3', '1.2.2'],
    ['another major version', '1.2.3', '2.0.0'],
    ['another minor version below 1.0', '0.5.6', '0.6.0'],
  ])('does not take %s', (_, before, now) => {
    expect(told({ one: before }, { one: now })).toEqual([`one ${before} is now ${now}`]);
  });

  it('does not do without one', () => {
    expect(told({ one: '1.0.0', two: '1.0.0' }, { two: '1.0.0' })).toEqual(['one 1.0.0 is gone']);
  });

  it('does not mind what only building needs, or came since', () => {
    const theirs = { manifest: { dependencies: {} }, lock: lockOf({ builder: '1.0.0' }) };
    expect(disagreements(theirs, lockOf({ builder: '2.0.0', more: '1.0.0' }))).toEqual([]);
  });
});
