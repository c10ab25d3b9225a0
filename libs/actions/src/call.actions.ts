import {
  acceptCall,
  createCall,
  createRoom,
  endCall,
  findActiveCall,
  forgetCalls,
  getCall,
  listCalls,
  signalCall,
  type CallOutcome,
} from '@parlance/contracts';
import type { CallView } from '@parlance/dialect-kit';
import { ParlanceError, snapshotOf, type User, type UserRef } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser, actorOf, deviceOf, viewerOf, type Caller } from './caller.js';
import type { Directory } from './directory.js';
import type { MediaIntent } from './media.actions.js';

type CallIntent = Exclude<Extract<keyof Actions, `call.${string}`>, MediaIntent>;

/** Calls: who acts on which device is read from the caller's credential, everything else is the call service's. */
export function callActions({ bus, directory, newId }: ActionContext): Pick<Actions, CallIntent> {
  const view = async (caller: Caller, outcome: CallOutcome): Promise<CallView> =>
    present(viewOfCall(outcome, await peopleOf(directory, caller.tenant.id, [outcome])));

  const roomNamed = async (caller: Caller, key: string, onlyDirect = false): Promise<string> => {
    const { id, kind } = await directory.room(caller.tenant.id, key);
    if (onlyDirect && kind !== 'direct') throw new ParlanceError('invalid', 'Only rooms of two have calls here.');
    return id;
  };

  /** The pair's direct room is made when there is none. */
  const roomWith = async (caller: Caller, ref: UserRef): Promise<string> => {
    const user = actingUser(caller);
    const tenantId = caller.tenant.id;
    const other = await directory.user(tenantId, ref);
    if (other.id === user.id) throw new ParlanceError('invalid', 'Nobody calls oneself.');
    const { state } = await bus.request(createRoom, {
      tenantId,
      actor: snapshotOf(user),
      origin: caller.origin,
      kind: 'direct',
      name: null,
      photo: null,
      metadata: {},
      memberIds: [user.id, other.id],
    });
    return state.room.id;
  };

  return {
    'call.create': async (caller, { room, withVideo, payload, onlyDirect }) => {
      const acting = actingOn(caller);
      const roomId =
        typeof room === 'string' ? await roomNamed(caller, room, onlyDirect) : await roomWith(caller, room.with);
      const ringSeconds = ringSecondsOf(caller);
      const request = { ...acting, roomId, withVideo, payload, requestId: newId(), ringSeconds };
      return view(caller, await bus.request(createCall, request));
    },
    'call.accept': async (caller, { call, payload }) =>
      view(caller, await bus.request(acceptCall, { ...actingOn(caller), call, payload })),
    'call.end': async (caller, { call, as }) => {
      const { tenant, origin } = caller;
      const acting = { tenantId: tenant.id, origin, device: deviceOf(caller), user: actorOf(caller) };
      return view(caller, await bus.request(endCall, { ...acting, call, as }));
    },
    'call.signal': async (caller, { call, data }) => {
      const { tenantId, origin, device, user } = actingOn(caller);
      if (device === null) throw new ParlanceError('unsupported', "Only a user's own device sends signals.");
      return bus.request(signalCall, { tenantId, userId: user.id, origin, device, call, data });
    },
    'call.get': async (caller, { call }) =>
      view(caller, await bus.request(getCall, { tenantId: caller.tenant.id, viewerId: viewerOf(caller), call })),
    'call.active': async (caller) => {
      const { active } = await bus.request(findActiveCall, {
        tenantId: caller.tenant.id,
        userId: actingUser(caller).id,
      });
      return { view: active === null ? null : await view(caller, active) };
    },
    'call.history': async (caller, { offset, limit }) => {
      const tenantId = caller.tenant.id;
      const { calls, total } = await bus.request(listCalls, { tenantId, userId: actingUser(caller).id, offset, limit });
      const people = await peopleOf(directory, tenantId, calls);
      return { calls: calls.flatMap((outcome) => viewOfCall(outcome, people) ?? []), total };
    },
    'call.forget': async (caller, { call }) =>
      bus.request(forgetCalls, { tenantId: caller.tenant.id, userId: actingUser(caller).id, call }),
  };
}

function actingOn(caller: Caller) {
  const user = snapshotOf(actingUser(caller));
  return { tenantId: caller.tenant.id, origin: caller.origin, device: deviceOf(caller), user };
}

/** The tenant's own ring timeout, where it has one; between 20 and 120 s. */
function ringSecondsOf({ tenant }: Caller): number | null {
  const seconds = tenant.options['callRingSeconds'];
  return typeof seconds === 'number' && Number.isInteger(seconds) ? Math.min(120, Math.max(20, seconds)) : null;
}

/** Callers and callees, by id. */
async function peopleOf(
  directory: Directory,
  tenantId: string,
  outcomes: readonly CallOutcome[],
): Promise<ReadonlyMap<string, User>> {
  const ids = outcomes.flatMap(({ call }) => [call.callerId, ...(call.calleeId === null ? [] : [call.calleeId])]);
  return directory.usersById(tenantId, ids);
}

/** Null when its caller has been erased. */
function viewOfCall(
  { call, room, payload, participants }: CallOutcome,
  people: ReadonlyMap<string, User>,
): CallView | null {
  const caller = people.get(call.callerId);
  if (caller === undefined) return null;
  const callee = call.calleeId === null ? null : (people.get(call.calleeId) ?? null);
  return { call, room, caller, callee, payload, participants };
}

function present(view: CallView | null): CallView {
  if (view === null) throw new ParlanceError('not-found', 'Call not found.');
  return view;
}
