import type { CallView, Frame } from '@parlance/dialect-kit';
import type { Call, UserEventOf } from '@parlance/domain';
import { callStatusOf } from './attachment.js';
import { wireUser } from './person.js';
import { jsonFrame } from './wire.js';

type CallEnded = UserEventOf<'call.ended'>;

/** What every call event carries; a client reads `roomId` alone where there is nothing more. */
export function callKey({ id, roomId }: Call): { readonly roomId: string; readonly meetId: string } {
  return { roomId, meetId: id };
}

/**
 * How the end of a call is told to one of its people; null: that one knows already (who cancels, and the caller of somebody busy, by the
 * answer of the request; who is busy must not be disturbed). A callee whose phone still rings listens to `canceled` and `timeout` alone.
 */
export function endFrame({ call, caller, userId, elsewhere }: CallEnded): Frame | null {
  const isCaller = userId === caller.id;
  const name = elsewhere ? 'v1OnCallCanceled' : endName(call, isCaller);
  return name === null ? null : jsonFrame(name, callKey(call));
}

function endName({ reason, acceptedAt }: Call, isCaller: boolean): string | null {
  switch (reason) {
    case 'busy':
      return null;
    case 'canceled':
      return isCaller ? null : 'v1OnCallCanceled';
    case 'rejected':
      return isCaller ? 'v1OnCallRejected' : 'v1OnCallCanceled';
    case 'timeout':
      return 'v1OnCallTimeout';
    default:
      return acceptedAt === null && !isCaller ? 'v1OnCallCanceled' : 'v1OnCallEnded';
  }
}

/** A live call as the client asks for it when it comes back, in the shape of the event that offered it. */
export function wireActiveCall({ call, caller, callee, payload }: CallView, viewerId: string): object {
  const peer = peerOf({ caller, callee }, viewerId);
  const status = call.state === 'ringing' ? 'ring' : 'inCall';
  return {
    ...callKey(call),
    withVideo: call.withVideo,
    payload,
    userData: wireUser(peer),
    callStatus: status,
    createdAt: call.startedAt,
  };
}

export function wirePastCall({ call, caller, callee }: CallView, viewerId: string): object {
  return {
    _id: call.id,
    peerUser: wireUser(peerOf({ caller, callee }, viewerId)),
    callStatus: statusOf(call),
    roomId: call.roomId,
    withVideo: call.withVideo,
    createdAt: call.startedAt,
    ...(call.endedAt === null ? {} : { endAt: call.endedAt }),
  };
}

function statusOf({ state, reason }: Call): string {
  if (reason !== null) return callStatusOf(reason);
  return state === 'ringing' ? 'ring' : 'inCall';
}

/** Of a group's call there is no single other one: it is shown by who began it. */
function peerOf({ caller, callee }: Pick<CallView, 'caller' | 'callee'>, viewerId: string) {
  return callee === null || callee.id === viewerId ? caller : callee;
}
