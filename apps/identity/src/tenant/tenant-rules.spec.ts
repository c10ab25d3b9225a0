import { describe, expect, it } from 'vitest';
import { changedTenant, tokenKeysOf } from './tenant-rules.js';

const SECRET = 'a shared secret of thirty-two bytes';

describe('a tenant', () => {
  it('begins closed: it believes nobody, is at no host and speaks every dialect', () => {
    expect(changedTenant('acme', null, {})).toEqual({
      id: 'acme',
      name: 'acme',
      hosts: [],
      origins: [],
      payloadIdentity: 'refuse',
      dialects: null,
      defaultDialect: null,
      options: {},
    });
  });

  it('keeps what is not named, and merges its options by name', () => {
    const before = changedTenant('acme', null, {
      name: 'Acme',
      hosts: ['a.example'],
      defaultDialect: 'classic',
      dialects: ['classic'],
      options: { reelsBothNames: true, classicCalendar: 'jalali' },
    });
    const after = changedTenant('acme', before, { options: { classicCalendar: 'gregorian' }, dialects: null });
    expect(after).toEqual({
      ...before,
      dialects: null,
      options: { reelsBothNames: true, classicCalendar: 'gregorian' },
    });
  });

  it('is at hosts and origins in their one spelling, each once', () => {
    const tenant = changedTenant('acme', null, {
      hosts: ['Chat.Acme.example:443', 'chat.acme.example.'],
      origins: ['https://App.acme.example:443/', 'http://localhost:8080'],
    });
    expect(tenant.hosts).toEqual(['chat.acme.example']);
    expect(tenant.origins).toEqual(['https://app.acme.example', 'http://localhost:8080']);
  });

  it.each([
    ['hosts', { hosts: ['https://a.example'] }],
    ['hosts', { hosts: ['a b'] }],
    ['origins', { origins: ['*'] }],
    ['origins', { origins: ['https://a.example/path'] }],
  ])('is refused with %s like %j', (field, fields) => {
    const refusal = expect.objectContaining({ code: 'invalid', details: { fields: { [field]: expect.any(String) } } });
    expect(() => changedTenant('acme', null, fields)).toThrow(refusal);
  });
});

describe("a tenant's token keys", () => {
  const oct = (kid?: string) => ({ kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), ...(kid && { kid }) });

  it('are a secret and the keys of its JWKS, of the issuer that each names', () => {
    const keys = tokenKeysOf([
      { secret: SECRET },
      { jwks: { keys: [oct('a'), oct('b')] }, issuer: 'https://id.example' },
    ]);
    expect(keys).toMatchObject([
      { kid: null, algorithm: 'HS256', iss: null, issuer: 'tenant' },
      { kid: 'a', iss: 'https://id.example' },
      { kid: 'b', iss: 'https://id.example' },
    ]);
  });

  it.each([
    ['two secrets', [{ secret: SECRET }, { secret: `${SECRET} too` }]],
    ['two keys of one kid', [{ jwks: { keys: [oct('a'), oct('a')] } }]],
    ['a kid that is ours', [{ jwks: { keys: [oct('parlance-1')] } }]],
    ['an unknown kind of key', [{ jwks: { keys: [{ kty: 'none' }] } }]],
  ])('are refused with %s', (_, given) => {
    expect(() => tokenKeysOf(given)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
