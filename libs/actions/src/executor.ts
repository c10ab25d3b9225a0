import type { Bus } from '@parlance/bus';
import { findOnline, issueToken, putUser } from '@parlance/contracts';
import type { Execute, IntentOf, IntentType, ResultOf } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import type { Caller } from './caller.js';
import { actingUser, identityMismatch, isServer } from './caller.js';
import type { Directory } from './directory.js';
import { messageActions } from './message.actions.js';
import { roomActions } from './room.actions.js';

export interface ActionContext {
  readonly bus: Bus;
  readonly directory: Directory;
  readonly newId: () => string;
  /** longest message text, in characters */
  readonly maxTextChars: number;
}

/** How each intent is carried out for a caller. An edge adds what only it can do (sockets), the rest is the same for all. */
export type Actions = {
  readonly [T in IntentType]: (caller: Caller, intent: IntentOf<T>, timeoutMs?: number) => Promise<ResultOf<T>>;
};

/** The intents that need a live connection; a REST edge answers them `unsupported`. */
export type ConnectionIntent =
  | 'session.identify'
  | 'session.leave'
  | 'room.open'
  | 'room.close'
  | 'typing.set'
  | 'refresh.request'
  | 'presence.show';

export function busActions(context: ActionContext): Omit<Actions, ConnectionIntent> {
  return { ...userActions(context), ...roomActions(context), ...messageActions(context) };
}

/** Binds a table of actions to one caller: what a dialect's translation runs against. */
export function executorFor(actions: Actions, caller: Caller): Execute {
  return (intent) => actions[intent.type](caller, intent);
}

export function onlyOnConnections(): Promise<never> {
  return Promise.reject(new ParlanceError('unsupported', 'This needs a live connection.'));
}

function userActions({
  bus,
  directory,
}: ActionContext): Pick<Actions, 'user.put' | 'user.find' | 'token.issue' | 'presence.find'> {
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
