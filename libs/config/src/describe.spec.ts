import { describe as suite, expect, it } from 'vitest';
import { describe } from './describe.js';
import { fragment, setting } from './fragment.js';
import { sharedFragments } from './shared-fragments.js';
import { list, oneOf, text } from './value-schema.js';

suite('describe', () => {
  it('gives one row per setting and hides the default of a secret', () => {
    const own = fragment('own', {
      names: setting({ env: 'NAMES', schema: list(), default: ['a', 'b'], doc: 'Names.' }),
      key: setting({ env: 'KEY', schema: text(), default: 'hidden', secret: true, doc: 'Key.' }),
      must: setting({ env: 'MUST', schema: oneOf('a', 'b'), doc: 'Must.' }),
    });
    const common = { fragment: 'own', accepts: '', default: null, required: false, secret: false };
    expect(describe([own])).toEqual([
      { ...common, key: 'names', env: 'NAMES', default: 'a,b', doc: 'Names.' },
      { ...common, key: 'key', env: 'KEY', secret: true, doc: 'Key.' },
      { ...common, key: 'must', env: 'MUST', required: true, accepts: 'one of a, b', doc: 'Must.' },
    ]);
  });

  it('finds every shared setting documented under its own name', () => {
    const rows = describe(sharedFragments);
    expect(new Set(rows.map((row) => row.env)).size).toBe(rows.length);
    expect(rows.filter((row) => !/^[A-Z].*\.$/.test(row.doc))).toEqual([]);
  });
});
