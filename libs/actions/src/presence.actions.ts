import type { Bus } from '@parlance/bus';
import { findPeers, findPresence } from '@parlance/contracts';
import { ParlanceError, type User } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { isServer, type Caller } from './caller.js';

/** `findPresence` and `findPeers` take this many at once. */
const PAGE = 500;

/** Who is online, for whoever may know. */
export function presenceActions({ bus, directory }: ActionContext): Pick<Actions, 'presence.find'> {
  return {
    'presence.find': async (caller, { users, lastSeen }) => {
      const tenantId = caller.tenant.id;
      const found = await directory.findUsers(tenantId, users);
      const ids = [...new Set(found.flatMap((user) => (user === null ? [] : [user.id])))];
      const present = { online: new Set<string>(), lastSeenAt: new Map<string, string>() };
      for (let start = 0; start < ids.length; start += PAGE) {
        const userIds = ids.slice(start, start + PAGE);
        const page = await bus.request(findPresence, { tenantId, userIds, lastSeen });
        for (const id of await visible(bus, caller, page.online)) present.online.add(id);
        for (const { userId, at } of page.lastSeenAt) present.lastSeenAt.set(userId, at);
      }
      return { found: found.map((user) => shown(user, present)) };
    },
  };
}

/** A user is told of itself and of those who share a room with it; the app's server of all. */
async function visible(bus: Bus, caller: Caller, online: readonly string[]): Promise<readonly string[]> {
  const { user } = caller;
  if (user === null) {
    if (isServer(caller)) return online;
    throw new ParlanceError('unauthenticated', 'Say who you are first.');
  }
  const others = online.filter((id) => id !== user.id);
  const own = others.length < online.length ? [user.id] : [];
  if (others.length === 0) return own;
  const { peers } = await bus.request(findPeers, { tenantId: caller.tenant.id, userId: user.id, among: others });
  return [...own, ...peers];
}

function shown(
  user: User | null,
  { online, lastSeenAt }: { readonly online: ReadonlySet<string>; readonly lastSeenAt: ReadonlyMap<string, string> },
) {
  if (user === null) return { user, online: false };
  const seen = lastSeenAt.get(user.id) ?? user.lastSeenAt;
  return { user: seen === user.lastSeenAt ? user : { ...user, lastSeenAt: seen }, online: online.has(user.id) };
}

/**
 * Those of the users who are online; for lists of which presence is only an ornament: while its service is away, nobody shows as
 * online. Errors: those of the bus that repeating does not mend.
 */
export async function onlineAmong(bus: Bus, tenantId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const online = new Set<string>();
  for (let start = 0; start < ids.length; start += PAGE) {
    const userIds = ids.slice(start, start + PAGE);
    const page = await bus.request(findPresence, { tenantId, userIds }).catch(unlessAway);
    for (const id of page.online) online.add(id);
  }
  return online;
}

function unlessAway(error: unknown): { readonly online: readonly string[] } {
  if (error instanceof ParlanceError && error.retryable) return { online: [] };
  throw error;
}
