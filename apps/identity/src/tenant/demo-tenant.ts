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

/** The vendor's sample value, with which its sample apps come. */
export const DEMO_HASH_KEY = 'V_CHAT_SDK_V2_VERY_STRONG_KEY';
