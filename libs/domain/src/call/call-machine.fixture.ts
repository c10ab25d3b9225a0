import { startCall, type CallMoment, type CallProgress, type CallTimes } from './call-machine.js';

export const TIMES: CallTimes = { ringMs: 45_000, mediaMs: 30_000, graceMs: 20_000 };
/** When every call of the specs begins. */
export const BEGIN = 1_000_000;

export function at(seconds: number): CallMoment {
  return { now: BEGIN + seconds * 1_000, times: TIMES };
}

/** Ann rings for Bob. `described`: with a session description. */
export function ringing(described = false): CallProgress {
  const caller = { userId: 'ann', device: 'ann-1', socket: true, described };
  return startCall({ ...caller, calleeId: 'bob', invited: ['bob'] }, at(0));
}

/** Ann rings for the group. */
export function ringingGroup(...invited: readonly string[]): CallProgress {
  const caller = { userId: 'ann', device: 'ann-1', socket: true, described: false };
  return startCall({ ...caller, calleeId: null, invited }, at(0));
}
