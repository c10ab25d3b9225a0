import type { Tenant, TenantFields } from '@parlance/domain';

/** Tenants and their keys. */
export interface TenantIntents {
  /** The installation's operator alone. Absent `id`: a new tenant with a server-made one, or, with `mustExist`, the key's own. */
  readonly 'tenant.put': {
    readonly in: { readonly id?: string | undefined; readonly mustExist: boolean; readonly fields: TenantFields };
    readonly out: { readonly tenant: Tenant };
  };
  /** The installation's operator alone. `key` is shown this once. */
  readonly 'key.create': {
    readonly in: { readonly tenantId: string; readonly kind: 'secret' | 'publishable' };
    readonly out: { readonly id: string; readonly kind: 'secret' | 'publishable'; readonly key: string };
  };
  /** The operator revokes any key, a tenant's secret key those of its tenant. */
  readonly 'key.revoke': { readonly in: { readonly id: string }; readonly out: object };
}
