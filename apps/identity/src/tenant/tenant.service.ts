import { Inject, Injectable } from '@nestjs/common';
import { canonicalHost, importTokenKey, type Sealer, type TokenKeySource } from '@parlance/auth';
import { BUS, CLOCK } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { IDENTITY_CHANGED_ADDRESS, identityChanged, type putTenant } from '@parlance/contracts';
import { ParlanceError, type Tenant } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import type { z } from 'zod';
import type { IdentitySettings } from '../identity.config.js';
import { CachedLookup } from '../lookup/cached-lookup.js';
import { SigningKeyRepository } from '../token/signing-key.repository.js';
import { NEW_ID, SETTINGS, VAULT } from '../tokens.js';
import { isStorableJson } from '../user/user-rules.js';
import { DEMO_TENANT } from './demo-tenant.js';
import { OPERATOR_TENANT } from './operator-tenant.js';
import { changedTenant, tokenKeysOf } from './tenant-rules.js';
import { TenantRepository, type StoredTenant } from './tenant.repository.js';

type PutInput = z.output<typeof putTenant.input>;

/** Tenants by id and by host, from memory where possible. */
@Injectable()
export class TenantService {
  readonly #byId: CachedLookup<StoredTenant>;
  readonly #idByHost: CachedLookup<string>;
  readonly #defaultId: string | null;

  constructor(
    @Inject(TenantRepository) private readonly tenants: TenantRepository,
    @Inject(SigningKeyRepository) private readonly keys: SigningKeyRepository,
    @Inject(CLOCK) now: Clock,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(VAULT) private readonly vault: Sealer,
    @Inject(NEW_ID) private readonly newId: () => string,
    @Inject(SETTINGS) { identity }: IdentitySettings,
  ) {
    this.#byId = new CachedLookup({ load: (ids) => tenants.findMany(ids), now });
    this.#idByHost = new CachedLookup({ load: (hosts) => tenants.findByHosts(hosts), now });
    this.#defaultId = identity.defaultTenant ?? (identity.demo ? DEMO_TENANT.id : null);
  }

  async get(id: string): Promise<Tenant | null> {
    return (await this.#byId.get(id))?.tenant ?? null;
  }

  /** The secret of the shared-secret sign-in and of signed claims; null where there is none, or no such tenant. */
  async hashKey(id: string): Promise<string | null> {
    const sealed = (await this.#byId.get(id))?.sealedHashKey ?? null;
    if (sealed === null) return null;
    const key = this.vault.open(sealed, contextOf(id));
    if (key === null) throw new Error(`The master key does not open the encryptHashKey of the tenant ${id}.`);
    return key;
  }

  /** The tenant that a request without a key is for. Errors: `unauthenticated` when its host is nobody's and there is no default. */
  async ofHost(header: string | null): Promise<Tenant> {
    const host = canonicalHost(header);
    const id = (host === null ? null : await this.#idByHost.get(host)) ?? this.#defaultId;
    const tenant = id === null ? null : await this.get(id);
    if (tenant === null) throw new ParlanceError('unauthenticated', 'A key or token is needed.');
    return tenant;
  }

  /** Errors: `not-found`, `conflict` (the id or a host is taken), `invalid`. */
  async put({ id = this.newId(), mustExist, fields }: PutInput): Promise<Tenant> {
    if (!isStorableJson(JSON.stringify([id, fields])))
      throw new ParlanceError('invalid', 'The tenant has characters that are no text.');
    const keys = fields.tokenKeys === undefined ? undefined : await usable(tokenKeysOf(fields.tokenKeys));
    const tenant = await this.tenants.put(id, (current) => {
      refuseWrongTarget(id, current, mustExist);
      return {
        tenant: changedTenant(id, current, fields),
        sealedHashKey: this.#sealed(id, fields.encryptHashKey),
        within: async (sql) => {
          if (keys !== undefined) await this.keys.replaceTenantKeys(sql, id, keys);
        },
      };
    });
    this.forget(id);
    this.bus.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'tenant', tenantId: id, id });
    return tenant;
  }

  /** Makes a tenant that comes with the installation, unless it is there already. */
  async prepare(tenant: Tenant, hashKey?: string): Promise<void> {
    await this.tenants.createIfAbsent(tenant);
    if (hashKey !== undefined)
      await this.tenants.setHashKeyIfAbsent(tenant.id, this.vault.seal(hashKey, contextOf(tenant.id)));
    this.forget(tenant.id);
  }

  forget(id: string): void {
    this.#byId.evict(id);
    this.#idByHost.clear();
  }

  clear(): void {
    this.#byId.clear();
    this.#idByHost.clear();
  }

  #sealed(id: string, key: string | null | undefined): string | null | undefined {
    return key === null || key === undefined ? key : this.vault.seal(key, contextOf(id));
  }
}

function refuseWrongTarget(id: string, current: Tenant | null, mustExist: boolean): void {
  if (mustExist && (current === null || id === OPERATOR_TENANT.id))
    throw new ParlanceError('not-found', 'There is no such tenant.');
  if (mustExist || (current === null && id !== OPERATOR_TENANT.id)) return;
  throw new ParlanceError('conflict', 'id: is taken by another tenant', {
    fields: { id: 'is taken by another tenant' },
  });
}

/** A key that cannot be loaded is refused now, not with the first token. Errors: `invalid`. */
async function usable(keys: readonly TokenKeySource[]): Promise<readonly TokenKeySource[]> {
  try {
    await Promise.all(keys.map(importTokenKey));
    return keys;
  } catch (cause) {
    const problem = 'has a key that cannot be read';
    throw new ParlanceError('invalid', `tokenKeys: ${problem}`, { fields: { tokenKeys: problem } }, { cause });
  }
}

/** Sealed for its place: copied to another tenant it does not open. */
function contextOf(tenantId: string): string {
  return JSON.stringify([tenantId, 'tenant', 'encrypt-hash-key']);
}
