import type { Tenant } from '@parlance/domain';

/** Where the key of the setting PARLANCE_OPERATOR_KEY belongs: a tenant that no host leads to, that speaks no dialect and has no users. */
export const OPERATOR_TENANT: Tenant = {
  id: 'operator',
  name: 'Operator',
  hosts: [],
  origins: [],
  payloadIdentity: 'refuse',
  dialects: [],
  defaultDialect: null,
  options: {},
};
