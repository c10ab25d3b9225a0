import { Inject, Injectable } from '@nestjs/common';
import { canonicalHost } from '@parlance/auth';
import { CLOCK } from '@parlance/bootstrap';
import { ParlanceError, type Tenant } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import type { IdentitySettings } from '../identity.config.js';
import { CachedLookup } from '../lookup/cached-lookup.js';
import { SETTINGS } from '../tokens.js';
import { DEMO_TENANT } from './demo-tenant.js';
import { TenantRepository } from './tenant.repository.js';

/** Tenants by id and by host, from memory where possible. */
@Injectable()
export class TenantService {
  readonly #byId: CachedLookup<Tenant>;
  readonly #idByHost: CachedLookup<string>;
  readonly #defaultId: string | null;

  constructor(
    @Inject(TenantRepository) tenants: TenantRepository,
    @Inject(CLOCK) now: Clock,
    @Inject(SETTINGS) { identity }: IdentitySettings,
  ) {
    this.#byId = new CachedLookup({ load: (ids) => tenants.findMany(ids), now });
    this.#idByHost = new CachedLookup({ load: (hosts) => tenants.findByHosts(hosts), now });
    this.#defaultId = identity.defaultTenant ?? (identity.demo ? DEMO_TENANT.id : null);
  }

  get(id: string): Promise<Tenant | null> {
    return this.#byId.get(id);
  }

  /** The tenant that a request without a key is for. Errors: `unauthenticated` when its host is nobody's and there is no default. */
  async ofHost(header: string | null): Promise<Tenant> {
    const host = canonicalHost(header);
    const id = (host === null ? null : await this.#idByHost.get(host)) ?? this.#defaultId;
    const tenant = id === null ? null : await this.get(id);
    if (tenant === null) throw new ParlanceError('unauthenticated', 'A key or token is needed.');
    return tenant;
  }

  forget(id: string): void {
    this.#byId.evict(id);
    this.#idByHost.clear();
  }
}
