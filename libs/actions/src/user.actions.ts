import {
  issueToken,
  listUsers,
  putDevice,
  putUser,
  removeDevice,
  revokeTokens,
  sendPush,
  signIn,
  terminateUser,
} from '@parlance/contracts';
import type { User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import type { Caller } from './caller.js';
import { actingUser, identityMismatch, isServer, names, viewerOf } from './caller.js';

type AccountIntent =
  'user.put' | 'user.find' | 'user.list' | 'user.sign-in' | 'user.sign-out' | 'user.terminate' | 'token.issue';
type DeviceIntent = 'device.put' | 'device.remove' | 'push.send';

export function userActions(context: ActionContext): Pick<Actions, AccountIntent | DeviceIntent> {
  return { ...accountActions(context), ...deviceActions(context) };
}

function accountActions({ bus, directory }: ActionContext): Pick<Actions, AccountIntent> {
  return {
    'user.put': async (caller, { ref, fields, mustExist }) => {
      requireSelfOrServer(caller, ref);
      if (mustExist === true) await directory.user(caller.tenant.id, ref);
      const result = await bus.request(putUser, { tenantId: caller.tenant.id, ref, fields });
      directory.forgetUser(caller.tenant.id, result.user.id);
      return result;
    },
    'user.find': async (caller, { refs }) => ({ users: await directory.findUsers(caller.tenant.id, refs) }),
    'user.list': async (caller, page) => {
      viewerOf(caller);
      const { type: _, ...search } = page;
      return bus.request(listUsers, { tenantId: caller.tenant.id, ...search });
    },
    'user.sign-in': (caller, { identifier, proof, fields, deviceId, dialect }) =>
      bus.request(signIn, { tenantId: caller.tenant.id, identifier, proof, fields, deviceId, dialect }),
    'user.sign-out': async (caller) => bus.request(revokeTokens, givenUp(caller)),
    'user.terminate': async (caller, { user, message }) => {
      requireSelfOrServer(caller, user);
      const tenantId = caller.tenant.id;
      const { id: userId } = await directory.user(tenantId, user);
      return bus.request(terminateUser, { tenantId, userId, message });
    },
    'token.issue': async (caller, { userId, ttlSeconds, deviceId, dialect }) =>
      bus.request(issueToken, {
        tenantId: caller.tenant.id,
        userId,
        ttlSeconds,
        dialect,
        ...(isServer(caller) ? { deviceId } : ownHeir(caller, userId)),
      }),
  };
}

function deviceActions({ bus, directory }: ActionContext): Pick<Actions, DeviceIntent> {
  return {
    'device.put': async (caller, { deviceId, kind, pushToken }) =>
      bus.request(putDevice, { ...ownerOf(caller), deviceId, kind, pushToken }),
    'device.remove': async (caller, { deviceId }) => bus.request(removeDevice, { ...ownerOf(caller), deviceId }),
    'push.send': async (caller, { users, payload }) => {
      if (caller.credential.kind !== 'secret') {
        throw new ParlanceError('permission-denied', 'Only the secret key sends pushes.');
      }
      const tenantId = caller.tenant.id;
      const known = (await directory.findUsers(tenantId, users)).filter((user): user is User => user !== null);
      const userIds = [...new Set(known.map(({ id }) => id))];
      return userIds.length === 0 ? { accepted: 0 } : bus.request(sendPush, { tenantId, userIds, payload });
    },
  };
}

function ownerOf(caller: Caller): { readonly tenantId: string; readonly userId: string } {
  return { tenantId: caller.tenant.id, userId: actingUser(caller).id };
}

/** What a user's own token hands on to another one, so that both end together. Errors: `permission-denied`. */
function ownHeir(caller: Caller, wanted: string) {
  const { kind, userId, credentialId, deviceId, expiresAt } = caller.credential;
  if (kind !== 'user' || userId !== wanted || credentialId === null || expiresAt === null) {
    throw new ParlanceError('permission-denied', 'Only the secret key issues tokens.');
  }
  return { deviceId: deviceId ?? undefined, from: { credentialId, expiresAt } };
}

/** The token that the caller came with, and with it all of its device's; for a server, all of the user it acts as. */
function givenUp(caller: Caller) {
  const { kind, credentialId, deviceId, expiresAt } = caller.credential;
  const owner = ownerOf(caller);
  if (isServer(caller)) return { ...owner, all: true };
  if (kind !== 'user') throw new ParlanceError('permission-denied', 'Only a user token can be given up.');
  if (credentialId === null && deviceId === null) {
    throw new ParlanceError('unsupported', 'This token has no id by which it could be given up.');
  }
  return {
    ...owner,
    expiresAt,
    ...(credentialId === null ? {} : { credentialId }),
    ...(deviceId === null ? {} : { deviceId }),
  };
}

/** A user changes itself alone; the tenant's server, or a trusted app key, any. */
function requireSelfOrServer(caller: Caller, ref: UserRef): void {
  if (isServer(caller)) return;
  if (!names(ref, actingUser(caller))) throw identityMismatch();
}
