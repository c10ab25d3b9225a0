import { addressesOfRoom, getRoom, roomPublished } from '@parlance/contracts';
import { snapshotOf } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser } from './caller.js';

/**
 * Signals of who has no connection: published where the room is heard, never stored. A gateway tells its own connections' signals
 * its own way.
 */
export function signalActions({ bus, directory }: ActionContext): Pick<Actions, 'typing.set'> {
  return {
    'typing.set': async (caller, { room: key, status, text }) => {
      const user = actingUser(caller);
      const tenantId = caller.tenant.id;
      const room = await directory.room(tenantId, key);
      // Only whoever may hear the room is heard in it.
      await bus.request(getRoom, { tenantId, viewerId: user.id, roomId: room.id });
      const place = { tenantId, room, user: snapshotOf(user), origin: caller.origin };
      const signal = { type: 'typing.changed', ...place, status, text: text ?? null };
      for (const address of addressesOfRoom(tenantId, room)) bus.publish(roomPublished, address, { events: [signal] });
      return {};
    },
  };
}
