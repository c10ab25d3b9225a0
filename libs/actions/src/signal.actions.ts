import { addressesOfRoom, getRoom, roomPublished } from '@parlance/contracts';
import { snapshotOf } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser } from './caller.js';

/** How long typing lasts where the wire has no word for its end, ms (guarantees.md section 3). */
export const SILENCE_MS = 6_000;
/** Members of a room above which nobody is told who is typing. */
const MAX_PRESENCE_MEMBERS = 100;

/**
 * Signals of who has no connection: published where the room is heard, never stored. A gateway tells its own connections' signals
 * its own way.
 */
export function signalActions({
  bus,
  directory,
  maxPresenceMembers = MAX_PRESENCE_MEMBERS,
}: ActionContext): Pick<Actions, 'typing.set'> {
  return {
    'typing.set': async (caller, { room: key, status, text, endsBySilence }) => {
      const user = actingUser(caller);
      const tenantId = caller.tenant.id;
      const room = await directory.room(tenantId, key);
      // Only whoever may hear the room is heard in it.
      const { members } = await bus.request(getRoom, { tenantId, viewerId: user.id, roomId: room.id });
      if (members.length > maxPresenceMembers) return {};
      const place = { tenantId, room, user: snapshotOf(user), origin: caller.origin };
      const lasting = endsBySilence === true ? { lastsMs: SILENCE_MS } : {};
      const signal = { type: 'typing.changed', ...place, ...lasting, status, text: text ?? null };
      for (const address of addressesOfRoom(tenantId, room)) bus.publish(roomPublished, address, { events: [signal] });
      return {};
    },
  };
}
