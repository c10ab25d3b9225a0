import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, publicLookup, requirePublicHost } from './public-address.js';

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:7f00::1',
    '2001:db8::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '',
    'localhost',
    '0x7f000001',
    '2130706433',
  ])('%j is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e'])(
    '%j is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

function look(addresses: readonly string[], all = false): Promise<unknown> {
  const found: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = publicLookup((_host, _options, done) => done(null, found));
  return new Promise((resolve, reject) => {
    lookup('some.example', { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
  });
}

describe('a lookup', () => {
  it('gives what the system gives, when all of it is public', async () => {
    expect(await look(['1.1.1.1', '2606:4700::1'])).toBe('1.1.1.1');
    expect(await look(['1.1.1.1'], true)).toEqual([{ address: '1.1.1.1', family: 4 }]);
  });

  it.each([[['127.0.0.1']], [['1.1.1.1', '10.0.0.1']], [['::1']], [[]]])('of %j is refused', async (addresses) => {
    await expect(look(addresses)).rejects.toMatchObject({ code: 'permission-denied' });
    await expect(look(addresses, true)).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('passes on that there is no such host', async () => {
    const lookup = publicLookup((_host, _options, done) =>
      done(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []),
    );
    const failed = new Promise((_, reject) => {
      lookup('none.example', {}, reject);
    });
    await expect(failed).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('a URL', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://[::1]:80/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
  ])('%s leads to no public host', (url) => {
    expect(() => requirePublicHost(new URL(url))).toThrow(expect.objectContaining({ code: 'permission-denied' }));
  });

  it.each(['https://hooks.example.com/x', 'https://1.1.1.1/'])('%s may', (url) => {
    expect(() => requirePublicHost(new URL(url))).not.toThrow();
  });
});
