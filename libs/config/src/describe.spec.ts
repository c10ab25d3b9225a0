import { describe as suite, expect, it } from 'vitest';
import { describe } from './describe.js';
import { fragment, setting } from './fragment.js';
import { sharedFragments } from './shared-fragments.js';
import { list, text } from './value-schema.js';

suite('describe', () => {
  it('gives one row per setting and hides the default of a secret', () => {
    const own = fragment('own', {
      names: setting({ env: 'NAMES', schema: list(), default: ['a', 'b'], doc: 'Names.' }),
      key: setting({ env: 'KEY', schema: text(), default: 'hidden', secret: true, doc: 'Key.' }),
      must: setting({ env: 'MUST', schema: text(), doc: 'Must.' }),
    });
    expect(describe([own])).toEqual([
      { fragment: 'own', key: 'names', env: 'NAMES', default: 'a,b', required: false, secret: false, doc: 'Names.' },
      { fragment: 'own', key: 'key', env: 'KEY', default: null, required: false, secret: true, doc: 'Key.' },
      { fragment: 'own', key: 'must', env: 'MUST', default: null, required: true, secret: false, doc: 'Must.' },
    ]);
  });

  it('finds every shared setting documented under its own name', () => {
    const rows = describe(sharedFragments);
    expect(new Set(rows.map((row) => row.env)).size).toBe(rows.length);
    expect(rows.filter((row) => !/^[A-Z].*\.$/.test(row.doc))).toEqual([]);
  });
});
