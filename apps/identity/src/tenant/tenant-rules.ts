import {
  canonicalHost,
  canonicalOrigin,
  tenantKeyFromJwk,
  tenantKeyFromSecret,
  type TokenKeySource,
} from '@parlance/auth';
import { ParlanceError, type Tenant, type TenantFields } from '@parlance/domain';

/** The tenant after a change: what is absent stays, or is the default of a new one. Errors: `invalid`. */
export function changedTenant(id: string, current: Tenant | null, fields: TenantFields): Tenant {
  const before: Tenant = current ?? {
    id,
    name: id,
    hosts: [],
    origins: [],
    payloadIdentity: 'refuse',
    dialects: null,
    defaultDialect: null,
    options: {},
  };
  return {
    id,
    name: fields.name ?? before.name,
    hosts: fields.hosts === undefined ? before.hosts : canonical('hosts', fields.hosts, canonicalHost),
    origins: fields.origins === undefined ? before.origins : canonical('origins', fields.origins, canonicalOrigin),
    payloadIdentity: fields.payloadIdentity ?? before.payloadIdentity,
    dialects: fields.dialects === undefined ? before.dialects : fields.dialects,
    defaultDialect: fields.defaultDialect === undefined ? before.defaultDialect : fields.defaultDialect,
    options: { ...before.options, ...fields.options },
  };
}

function canonical(field: string, texts: readonly string[], read: (text: string) => string | null): string[] {
  const known = texts.map((text) => {
    const one = read(text);
    if (one === null) throw invalid(field, `has ${JSON.stringify(text)}, which is none`);
    return one;
  });
  return [...new Set(known)];
}

/**
 * The keys that judge the app's own tokens, their algorithms fixed by the keys. Which of them judges a token is said by the token's
 * `kid` alone, so no two may share one, and one at most may have none. Errors: `invalid`.
 */
export function tokenKeysOf(given: NonNullable<TenantFields['tokenKeys']>): readonly TokenKeySource[] {
  const keys = given.flatMap((key) => {
    const issuer = key.issuer ?? null;
    if ('secret' in key) return [tenantKeyFromSecret(key.secret, null, issuer)];
    return key.jwks.keys.map((jwk) => tenantKeyFromJwk(jwk, null, issuer));
  });
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length)
    throw invalid('tokenKeys', 'has two keys of the same kid');
  return keys;
}

function invalid(field: string, problem: string): ParlanceError {
  return new ParlanceError('invalid', `${field}: ${problem}`, { fields: { [field]: problem } });
}
