import { describe, expect, it } from 'vitest';
import { ParlanceError } from '../error/parlance-error.js';
import { at, BEGIN, ringing, ringingGroup } from './call-machine.fixture.js';
import { advanceCall, busyCall, participantOf, type CallProgress, type CallTrigger } from './call-machine.js';

type Step = CallTrigger & { readonly at?: number };

const accept = (
  userId = 'bob',
  device: string | null = 'bob-1',
  over: Partial<{ socket: boolean; described: boolean }> = {},
) => ({ type: 'accept', userId, device, socket: true, described: false, ...over }) as const;
const end = (userId: string | null, device: string | null = null, as?: 'reject' | 'cancel' | 'end') =>
  ({ type: 'end', userId, device, as }) as const;
const signal = (userId: string, device: string) => ({ type: 'signal', userId, device }) as const;
const seen = (userId: string, device: string) => ({ type: 'seen', userId, device }) as const;
const gone = (userId: string) => ({ type: 'gone', userId }) as const;
const remove = (userId: string | null) => ({ type: 'remove', userId }) as const;
const tick = (seconds: number) => ({ type: 'tick', at: seconds }) as const;

function run(call: CallProgress, ...steps: readonly Step[]): CallProgress {
  return steps.reduce((before, { at: seconds = 1, ...trigger }) => advanceCall(before, trigger, at(seconds)), call);
}

/** The state with its reason, or the code of the refusal with its reason. */
function outcome(call: CallProgress, ...steps: readonly Step[]): string {
  try {
    const { state, reason } = run(call, ...steps);
    return reason === null ? state : `${state} ${reason}`;
  } catch (error) {
    if (!(error instanceof ParlanceError)) throw error;
    const reason = error.details?.['reason'];
    return typeof reason === 'string' ? `${error.code} ${reason}` : error.code;
  }
}

/** Accepted with descriptions on both sides, so that media must follow. */
const negotiating = run(ringing(true), accept('bob', 'bob-1', { described: true }));
const accepted = run(ringing(), accept());
const connected = run(accepted, signal('ann', 'ann-1'), signal('bob', 'bob-1'));
const over = run(ringing(), end('ann', 'ann-1'));

describe('the table of guarantees.md section 4', () => {
  const rows: readonly (readonly [string, CallProgress, readonly Step[], string])[] = [
    ['invite: it rings', ringing(), [], 'ringing'],
    [
      'invite to somebody in a call with a third',
      busyCall(
        { userId: 'ann', device: 'ann-1', socket: true, described: false, calleeId: 'bob', invited: ['bob'] },
        at(0),
      ),
      [],
      'ended busy',
    ],
    ['RINGING, accept', ringing(), [accept()], 'accepted'],
    ['RINGING, accept by the same device again', ringing(), [accept(), accept()], 'accepted'],
    ['RINGING, accept by a second device', ringing(), [accept(), accept('bob', 'bob-2')], 'conflict already_answered'],
    ['RINGING, accept by the caller', ringing(), [accept('ann', 'ann-1')], 'permission-denied'],
    ['RINGING, accept by a stranger', ringing(), [accept('eve', 'eve-1')], 'not-found'],
    ['RINGING, reject', ringing(), [end('bob', 'bob-1', 'reject')], 'ended rejected'],
    ['RINGING, the callee ends', ringing(), [end('bob', 'bob-1')], 'ended rejected'],
    ['RINGING, cancel', ringing(), [end('ann', 'ann-1', 'cancel')], 'ended canceled'],
    ['RINGING, the caller ends', ringing(), [end('ann', 'ann-2')], 'ended canceled'],
    ['RINGING, the caller rejects', ringing(), [end('ann', 'ann-1', 'reject')], 'permission-denied'],
    ['RINGING, the callee cancels', ringing(), [end('bob', 'bob-1', 'cancel')], 'permission-denied'],
    ['RINGING, a stranger ends', ringing(), [end('eve', 'eve-1')], 'not-found'],
    ['RINGING, a moment before the deadline', ringing(), [tick(44.999)], 'ringing'],
    ['RINGING, deadline', ringing(), [tick(45)], 'ended timeout'],
    ['RINGING, signals of both', ringing(), [signal('ann', 'ann-1'), signal('bob', 'bob-1')], 'ringing'],
    ['ACCEPTED, a signal of one side', accepted, [signal('ann', 'ann-1')], 'accepted'],
    ['ACCEPTED, signals of both sides', accepted, [signal('ann', 'ann-1'), signal('bob', 'bob-1')], 'connected'],
    [
      'ACCEPTED, candidates came before the answer',
      ringing(),
      [signal('bob', 'bob-1'), signal('ann', 'ann-1'), accept()],
      'connected',
    ],
    ['ACCEPTED, 30 s without media where it is negotiated', negotiating, [tick(31)], 'ended failed'],
    ['ACCEPTED, a moment before', negotiating, [tick(30.999)], 'accepted'],
    ['ACCEPTED, 30 s without media that we see nothing of', accepted, [tick(1_000)], 'accepted'],
    [
      'CONNECTED has no deadline of media',
      negotiating,
      [signal('ann', 'ann-1'), signal('bob', 'bob-1'), tick(1_000)],
      'connected',
    ],
    ['live, the caller is without a socket for 20 s', ringing(), [gone('ann'), tick(21)], 'ended disconnected'],
    ['live, the callee is without a socket for 20 s', connected, [gone('bob'), tick(21)], 'ended disconnected'],
    ['live, for less', connected, [gone('bob'), tick(20.999)], 'connected'],
    ['live, back inside the grace', connected, [gone('bob'), seen('bob', 'bob-1'), tick(1_000)], 'connected'],
    [
      'live, another device is no comeback',
      connected,
      [gone('bob'), seen('bob', 'bob-2'), tick(21)],
      'ended disconnected',
    ],
    ['ACCEPTED, end by the caller', accepted, [end('ann', 'ann-1')], 'ended completed'],
    ['ACCEPTED, a cancel that came too late', accepted, [end('ann', 'ann-1', 'cancel')], 'ended completed'],
    ['CONNECTED, end by the callee', connected, [end('bob', 'bob-1', 'end')], 'ended completed'],
    ['CONNECTED, end by another device of the callee', connected, [end('bob', 'bob-2', 'end')], 'ended completed'],
    [
      'CONNECTED, the reject of a device that lost',
      connected,
      [end('bob', 'bob-2', 'reject')],
      'conflict already_answered',
    ],
    ['CONNECTED, the server ends', connected, [end(null)], 'ended server'],
    ['live, a participant is removed', connected, [remove('bob')], 'ended removed'],
    ['live, the room is gone', ringing(), [remove(null)], 'ended removed'],
    ['live, a stranger is removed', ringing(), [remove('eve')], 'ringing'],
    ['ENDED absorbs: accept', over, [accept()], 'conflict ended'],
    ['ENDED absorbs: signal', over, [signal('bob', 'bob-1')], 'conflict ended'],
    ['ENDED absorbs: accept by a stranger', over, [accept('eve', 'eve-1')], 'not-found'],
    ['ENDED absorbs: end', over, [end('bob', 'bob-1')], 'ended canceled'],
    ['ENDED absorbs: the server ends', over, [end(null)], 'ended canceled'],
    [
      'ENDED absorbs: deadline, loss, removal',
      over,
      [tick(1_000), gone('ann'), remove('bob'), seen('bob', 'bob-1')],
      'ended canceled',
    ],
  ];

  it.each(rows)('%s', (_, call, steps, expected) => {
    expect(outcome(call, ...steps)).toBe(expected);
  });

  it('keeps the very object when nothing changes', () => {
    for (const step of [accept(), tick(2), seen('bob', 'bob-1'), remove('eve'), gone('eve')]) {
      expect(run(accepted, step)).toBe(accepted);
    }
  });

  it('notes when it was answered and when it ended', () => {
    expect(run(ringing(), { ...accept(), at: 3 }, { ...end('ann'), at: 7 })).toMatchObject({
      acceptedAt: BEGIN + 3_000,
      endedAt: BEGIN + 7_000,
      deadlineAt: null,
    });
  });
});

describe('the device that a call is on', () => {
  const deviceOf = (call: CallProgress, userId = 'bob') => {
    const { device, settled } = participantOf(call, userId) ?? { device: 'nobody', settled: false };
    return [device, settled];
  };

  it('is the one that answered, and no other may signal', () => {
    expect(deviceOf(accepted)).toEqual(['bob-1', true]);
    expect(outcome(accepted, signal('bob', 'bob-2'))).toBe('conflict already_answered');
  });

  it('without a socket gives way to the first socket that signals', () => {
    const byRest = run(ringing(), accept('bob', 'rest', { socket: false }));
    expect(deviceOf(byRest)).toEqual(['rest', false]);
    expect(deviceOf(run(byRest, signal('bob', 'bob-2')))).toEqual(['bob-2', true]);
    expect(deviceOf(run(byRest, seen('bob', 'rest')))).toEqual(['rest', true]);
  });

  it('without a socket gives way to the socket that had signaled before the answer', () => {
    const early = run(ringing(), signal('bob', 'bob-2'), accept('bob', 'rest', { socket: false }));
    expect(deviceOf(early)).toEqual(['bob-2', true]);
    const lost = run(ringing(), signal('bob', 'bob-2'), accept());
    expect(deviceOf(lost)).toEqual(['bob-1', true]);
  });

  it('that has gone gives way to the one that signals', () => {
    expect(deviceOf(run(connected, gone('bob'), signal('bob', 'bob-2')))).toEqual(['bob-2', true]);
  });

  it('of a connection comes back under another name', () => {
    const anonymous = run(ringing(), accept('bob', 'connection:1'));
    expect(deviceOf(run(anonymous, gone('bob'), seen('bob', 'connection:2')))).toEqual(['connection:2', true]);
    expect(deviceOf(run(anonymous, seen('bob', 'connection:2')))).toEqual(['connection:1', true]);
  });

  it('is unknown when the server answered', () => {
    const answered = run(ringing(), accept('bob', null, { socket: false }));
    expect(deviceOf(answered)).toEqual([null, false]);
    expect(run(answered, accept('bob', null))).toBe(answered);
    expect(outcome(answered, end('bob', 'bob-1'))).toBe('ended completed');
    expect(deviceOf(run(answered, signal('bob', 'bob-1')))).toEqual(['bob-1', true]);
  });
});

describe("a group's call", () => {
  const group = ringingGroup('bob', 'cleo');
  const joined = run(group, accept());

  it.each([
    ['rings until somebody joins', group, [accept('cleo', 'cleo-1')], 'accepted'],
    ['times out', group, [tick(45)], 'ended timeout'],
    ['goes on when one declines', group, [end('bob', 'bob-1')], 'ringing'],
    ['is rejected when all decline', group, [end('bob', 'bob-1'), end('cleo', 'cleo-1', 'reject')], 'ended rejected'],
    ['is joined late, by members who were not rung too', joined, [accept('dan', 'dan-1')], 'accepted'],
    ['is left', joined, [accept('cleo', 'cleo-1'), end('bob', 'bob-1')], 'accepted'],
    ['is ended for all by who began it', joined, [accept('cleo', 'cleo-1'), end('ann', 'ann-1')], 'ended completed'],
    ['lasts as long as anybody takes part', joined, [end('bob', 'bob-1'), gone('ann'), tick(20)], 'accepted'],
    ['ends with the last one', joined, [end('bob', 'bob-1'), gone('ann'), tick(21)], 'ended disconnected'],
    ['loses who is lost', joined, [gone('bob'), tick(21)], 'accepted'],
    ['loses who is removed', joined, [remove('bob')], 'accepted'],
    ['ends when the last one is removed', joined, [remove('bob'), remove('ann')], 'ended removed'],
    ['is taken back', group, [end('ann', 'ann-1')], 'ended canceled'],
    ['is nothing to signal in', joined, [signal('bob', 'bob-1')], 'unsupported'],
    ['is joined again', joined, [end('bob', 'bob-1'), accept('bob', 'bob-2')], 'accepted'],
    ['is left once', joined, [end('bob', 'bob-1'), end('bob', 'bob-1')], 'accepted'],
    ['has no deadline of media', joined, [tick(1_000)], 'accepted'],
  ] as const)('%s', (_, call, steps, expected) => {
    expect(outcome(call, ...steps)).toBe(expected);
  });

  it('knows who takes part', () => {
    const states = run(joined, end('cleo', 'cleo-1')).participants.map(({ userId, state }) => `${userId} ${state}`);
    expect(states).toEqual(['ann joined', 'bob joined', 'cleo left']);
  });
});
