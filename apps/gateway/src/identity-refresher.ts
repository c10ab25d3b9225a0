import type { Directory } from '@parlance/actions';
import { liveUser } from '@parlance/actions';
import type { IdentityChange, PrincipalCache } from '@parlance/auth';
import { ParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Connection } from './connection.js';
import { Slots } from './slots.js';

/** Connections looked at once: a change of a tenant concerns them all. */
const AT_ONCE = 32;
const FINAL: readonly string[] = ['unauthenticated', 'permission-denied', 'not-found'];

export interface RefreshPorts {
  readonly principals: Pick<PrincipalCache, 'get'>;
  readonly directory: Pick<Directory, 'account'>;
  readonly connections: ReadonlySet<Connection>;
  readonly revoked: (connection: Connection) => void;
  readonly logger: Logger;
}

/**
 * Live connections follow what identity says: a renamed user sends under the new name, and one whose credential no longer holds is put
 * out. Called after the caches were told.
 */
export class IdentityRefresher {
  private readonly slots = new Slots(AT_ONCE);

  constructor(private readonly ports: RefreshPorts) {}

  changed(change: IdentityChange): void {
    for (const connection of this.ports.connections) {
      if (!concerns(change, connection)) continue;
      this.slots
        .run(() => this.refresh(connection))
        .catch((err: unknown) => {
          const tenantId = connection.tenant?.id;
          this.ports.logger.warn({ code: 'refresh-failed', err, tenantId }, 'a connection keeps its identity');
        });
    }
  }

  private async refresh(connection: Connection): Promise<void> {
    const { epoch, identity, host, origin } = connection;
    if (identity === null) return;
    try {
      const credential = await this.ports.principals.get({ credential: connection.credential, host, origin });
      const account = await this.ports.directory.account(identity.caller.tenant.id, { id: identity.user.id });
      const user = liveUser(account, credential);
      if (connection.epoch !== epoch) return;
      connection.identity = { user, caller: { ...identity.caller, tenant: credential.tenant, credential, user } };
    } catch (error) {
      if (!(error instanceof ParlanceError) || !FINAL.includes(error.code)) throw error;
      if (connection.epoch === epoch) this.ports.revoked(connection);
    }
  }
}

function concerns({ kind, tenantId, id }: IdentityChange, { identity }: Connection): boolean {
  if (identity?.caller.tenant.id !== tenantId) return false;
  if (kind === 'user') return identity.user.id === id;
  return kind === 'tenant' || identity.caller.credential.credentialId === id;
}
