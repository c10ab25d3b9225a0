import { getBlock, getRoom } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser, viewerOf, type Caller } from './caller.js';

export type MediaIntent = 'call.turn' | 'call.media-token';

/** How the media of calls finds its way: through a TURN server between two, over a media server (SFU) among many. */
export function mediaActions({ bus, directory, media }: ActionContext): Pick<Actions, MediaIntent> {
  return {
    'call.turn': async (caller) => {
      const userId = viewerOf(caller);
      const turn = media?.turn ?? null;
      if (turn === null) throw new ParlanceError('unsupported', 'No TURN server is set up here.');
      return turn({ tenantId: caller.tenant.id, userId });
    },
    // Some clients ask before they make the call, so membership admits; a call can be joined late anyway.
    'call.media-token': async (caller, { room }) => {
      const { id, name } = actingUser(caller);
      const provider = media?.provider ?? null;
      if (provider === null) throw new ParlanceError('unsupported', 'No media server for calls is set up here.');
      const tenantId = caller.tenant.id;
      return provider.grant({ tenantId, roomId: await callableRoom(caller, room), user: { id, name } });
    },
  };

  /** The id of a room that the caller could call. Errors: `not-found`, `permission-denied` (one of the two blocks the other). */
  async function callableRoom(caller: Caller, key: string): Promise<string> {
    const tenantId = caller.tenant.id;
    const userId = actingUser(caller).id;
    const { id: roomId } = await directory.room(tenantId, key);
    const { room, members } = await bus.request(getRoom, { tenantId, viewerId: userId, roomId });
    const other = room.kind === 'direct' ? members.find((member) => member.userId !== userId) : undefined;
    if (other === undefined) return roomId;
    const { blockedByMe, blockedMe } = await bus.request(getBlock, { tenantId, userId, otherId: other.userId });
    if (blockedByMe || blockedMe) throw new ParlanceError('permission-denied', 'These two cannot call each other.');
    return roomId;
  }
}
