import type { IdentityChange, PrincipalCache } from '@parlance/auth';
import type { Bus } from '@parlance/bus';
import { IDENTITY_CHANGED_ADDRESS, identityChanged } from '@parlance/contracts';
import type { Directory } from './directory.js';

/**
 * Keeps what an edge remembers of users and credentials true; after a lost bus, changes may have been missed. Answers the end of it.
 * `changed` is told after both know.
 */
export async function watchIdentity(
  bus: Bus,
  principals: PrincipalCache,
  directory: Directory,
  changed: (change: IdentityChange) => void = () => undefined,
): Promise<() => Promise<void>> {
  const changes = await bus.listen(identityChanged, IDENTITY_CHANGED_ADDRESS, (change) => {
    principals.evict(change);
    if (change.kind === 'user') directory.forgetUser(change.tenantId, change.id);
    changed(change);
  });
  const offStatus = bus.onStatus((status) => {
    if (status === 'connected') principals.clear();
  });
  return async () => {
    offStatus();
    await changes.stop();
  };
}
