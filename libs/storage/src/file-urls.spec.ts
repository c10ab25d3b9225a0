import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileUrls } from './file-urls.js';

const secret = 'a secret of the specs, 32 characters or more';
/** Ids never hold one. */
const HALF_CHARACTER = /\p{Surrogate}/u;
const other = 'another secret of the specs, just as long as it';

function parts(url: string): { readonly id: string; readonly proof: string; readonly name: string } {
  const [, root, id = '', proof = '', name = '', ...rest] = new URL(url, 'https://chat.sample.test').pathname.split(
    '/',
  );
  expect([root, rest]).toEqual(['f', []]);
  return { id: decodeURIComponent(id), proof, name: decodeURIComponent(name) };
}

describe('a file URL', () => {
  it('opens its own file, whatever the ids and the name are', () => {
    const urls = new FileUrls({ secret });
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.string({ minLength: 1 }),
        fc.string(),
        (tenant, id, name) => {
          fc.pre(!HALF_CHARACTER.test(tenant + id + name) && !['.', '..'].includes(id));
          const url = urls.urlOf(tenant, { id, name: `n${name}` });
          const { proof, ...rest } = parts(url);
          expect(rest).toEqual({ id, name: Array.from(`n${name}`).slice(0, 100).join('') });
          expect(urls.tenantOf(id, proof)).toBe(tenant);
        },
      ),
    );
  });

  it('is rooted, or stands at the public origin', () => {
    const file = { id: 'f1', name: 'a b/ü.png' };
    expect(new FileUrls({ secret }).urlOf('demo', file)).toMatch(/^\/f\/f1\/[\w.-]+\/a%20b%2F%C3%BC\.png$/);
    const outward = new FileUrls({ secret, publicUrl: 'https://chat.sample.test/' });
    expect(outward.urlOf('demo', file)).toMatch(/^https:\/\/chat\.sample\.test\/f\/f1\//);
  });

  it('fits a message, however long its name is', () => {
    const url = new FileUrls({ secret, publicUrl: `https://${'x'.repeat(200)}.test` });
    expect(url.urlOf('t'.repeat(128), { id: 'i'.repeat(128), name: '\u{1F600}'.repeat(512) }).length).toBeLessThan(
      2048,
    );
  });

  it('opens nothing else: another file, tenant, secret or spelling', () => {
    const urls = new FileUrls({ secret });
    const { proof } = parts(urls.urlOf('demo', { id: 'f1', name: 'a' }));
    const [tenant = '', signature = ''] = proof.split('.');
    const foreign = Buffer.from('rival').toString('base64url');
    const cases = [
      ['f2', proof],
      ['f1', `${foreign}.${signature}`],
      ['f1', `${tenant}=.${signature}`],
      ['f1', `${tenant}.${signature.slice(1)}`],
      ['f1', `${tenant}.`],
      ['f1', tenant],
      ['f1', ''],
      ['f1', `${proof}.x`],
      ['f1', 'x'.repeat(10_000)],
    ] as const;
    for (const [id, given] of cases) expect(urls.tenantOf(id, given), given).toBeNull();
    expect(new FileUrls({ secret: other }).tenantOf('f1', proof)).toBeNull();
  });

  it('stays good over a change of the secret', () => {
    const { proof } = parts(new FileUrls({ secret }).urlOf('demo', { id: 'f1', name: 'a' }));
    const changed = new FileUrls({ secret: other, previous: secret });
    expect(changed.tenantOf('f1', proof)).toBe('demo');
    expect(parts(changed.urlOf('demo', { id: 'f1', name: 'a' })).proof).not.toBe(proof);
  });

  it('is not made with a short secret', () => {
    expect(() => new FileUrls({ secret: 'short' })).toThrow(/32/);
    expect(() => new FileUrls({ secret, previous: 'short' })).toThrow(/32/);
  });
});
