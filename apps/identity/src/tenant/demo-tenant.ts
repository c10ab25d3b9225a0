import type { Tenant } from '@parlance/domain';

/** What every newcomer's client finds (native-api.md): any origin, any claimed user, every dialect. */
export const DEMO_TENANT: Tenant = {
  id: 'demo',
  name: 'Demo',
  hosts: [],
  origins: [],
  payloadIdentity: 'trust',
  dialects: null,
  defaultDialect: null,
  options: {},
};
