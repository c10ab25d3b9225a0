import { createKey, putTenant, revokeKey } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import type { Caller } from './caller.js';

type TenantIntent = 'tenant.put' | 'key.create' | 'key.revoke';

/** What the installation's operator does. */
export function tenantActions({ bus }: ActionContext): Pick<Actions, TenantIntent> {
  return {
    'tenant.put': async (caller, { id, mustExist, fields }) => {
      requireOperator(caller);
      return bus.request(putTenant, { id: id ?? (mustExist ? caller.tenant.id : undefined), mustExist, fields });
    },
    'key.create': async (caller, { tenantId, kind }) => {
      requireOperator(caller);
      return bus.request(createKey, { tenantId, kind });
    },
    'key.revoke': async (caller, { id }) => {
      const { kind } = caller.credential;
      if (kind !== 'secret') requireOperator(caller);
      return bus.request(revokeKey, { tenantId: kind === 'secret' ? caller.tenant.id : null, id });
    },
  };
}

function requireOperator({ credential }: Caller): void {
  if (credential.kind === 'operator') return;
  throw new ParlanceError('permission-denied', 'This call needs the operator key.');
}
