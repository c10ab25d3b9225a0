import { findOnline, issueToken, putUser } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import type { Caller } from './caller.js';
import { actingUser, identityMismatch, isServer } from './caller.js';

type UserIntent = 'user.put' | 'user.find' | 'token.issue' | 'presence.find';

export function userActions({ bus, directory }: ActionContext): Pick<Actions, UserIntent> {
  return {
    'user.put': async (caller, { ref, fields, mustExist }) => {
      requireSelfOrServer(caller, 'id' in ref ? ref.id : undefined, 'username' in ref ? ref.username : undefined);
      if (mustExist === true) await directory.user(caller.tenant.id, ref);
      const result = await bus.request(putUser, { tenantId: caller.tenant.id, ref, fields });
      directory.forgetUser(caller.tenant.id, result.user.id);
      return result;
    },
    'user.find': async (caller, { refs }) => ({ users: await directory.findUsers(caller.tenant.id, refs) }),
    'token.issue': (caller, { userId, ttlSeconds, deviceId, dialect }) => {
      if (caller.credential.kind !== 'secret') {
        throw new ParlanceError('permission-denied', 'Only the secret key issues tokens.');
      }
      return bus.request(issueToken, { tenantId: caller.tenant.id, userId, ttlSeconds, deviceId, dialect });
    },
    'presence.find': async (caller, { users }) => {
      const found = await directory.findUsers(caller.tenant.id, users);
      const userIds = found.flatMap((user) => (user === null ? [] : [user.id]));
      const { online } = await bus.request(findOnline, { tenantId: caller.tenant.id, userIds });
      const live = new Set(online);
      return { found: found.map((user) => ({ user, online: user !== null && live.has(user.id) })) };
    },
  };
}

/** A user changes itself alone; the tenant's server, or a trusted app key, any. */
function requireSelfOrServer(caller: Caller, id: string | undefined, username: string | undefined): void {
  if (isServer(caller)) return;
  const self = actingUser(caller);
  if (id !== self.id && username !== self.username) throw identityMismatch();
}
