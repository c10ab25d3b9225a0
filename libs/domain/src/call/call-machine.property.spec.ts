import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParlanceError } from '../error/parlance-error.js';
import { BEGIN, ringing, ringingGroup, TIMES } from './call-machine.fixture.js';
import { advanceCall, type CallProgress, type CallTrigger } from './call-machine.js';

const SEQUENCES = 2_000;
const seed = Date.now() % 2 ** 31;
/** Longer than any call without a participant may last. */
const FOREVER_MS = TIMES.ringMs + TIMES.mediaMs + 3 * TIMES.graceMs;

const userId = fc.constantFrom('ann', 'bob', 'cleo', 'eve');
const device = fc.constantFrom('1', '2', 'connection:a', 'connection:b');
const deviceOrNone = fc.option(device, { nil: null });
const trigger: fc.Arbitrary<CallTrigger> = fc.oneof(
  fc.record({
    type: fc.constant('accept' as const),
    userId,
    device: deviceOrNone,
    socket: fc.boolean(),
    described: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('end' as const),
    userId: fc.option(userId, { nil: null, freq: 8 }),
    device: deviceOrNone,
    as: fc.constantFrom(undefined, 'reject' as const, 'cancel' as const, 'end' as const),
  }),
  fc.record({ type: fc.constant('signal' as const), userId, device }),
  fc.record({ type: fc.constant('seen' as const), userId, device }),
  fc.record({ type: fc.constant('gone' as const), userId }),
  fc.record({ type: fc.constant('remove' as const), userId: fc.option(userId, { nil: null, freq: 8 }) }),
  fc.constant({ type: 'tick' as const }),
);
const step = fc.record({ trigger, afterMs: fc.integer({ min: 0, max: 15_000 }) });
const steps = fc.array(step, { maxLength: 30 });
const begun = fc.constantFrom(ringing(), ringing(true), ringingGroup('bob'), ringingGroup('bob', 'cleo'));

/** A refusal changes nothing. */
function advance(call: CallProgress, what: CallTrigger, now: number): CallProgress {
  try {
    return advanceCall(call, what, { now, times: TIMES });
  } catch (error) {
    if (error instanceof ParlanceError && error.code !== 'internal') return call;
    throw error;
  }
}

/** What is wrong with it, if anything. */
function flawOf({
  state,
  reason,
  endedAt,
  acceptedAt,
  deadlineAt,
  calleeId,
  participants,
}: CallProgress): string | null {
  const isOver = state === 'ended';
  if ((reason !== null) !== isOver || (endedAt !== null) !== isOver) return 'its end is noted half';
  if (new Set(participants.map((one) => one.userId)).size < participants.length) return 'somebody is in it twice';
  if (isOver) return deadlineAt === null ? null : 'it is over and has a deadline';
  if (!participants.some((one) => one.state === 'joined')) return 'it is live and nobody takes part';
  if ((acceptedAt === null) !== (state === 'ringing')) return 'its answer is noted wrongly';
  if (state === 'ringing' && deadlineAt === null) return 'it rings for ever';
  const hasTwo = participants.length === 2 && !participants.some((one) => one.state === 'left');
  return calleeId === null || hasTwo ? null : 'it is live and one of the two is missing';
}

describe(`any sequence of events (seed ${seed})`, () => {
  it(`never leaves a live call without participants, and an end stays what it was (${SEQUENCES} sequences)`, () => {
    fc.assert(
      fc.property(begun, steps, (first, sequence) => {
        let call = first;
        let now = BEGIN;
        for (const { trigger: what, afterMs } of sequence) {
          now += afterMs;
          const after = advance(call, what, now);
          if (call.state === 'ended' && after !== call) throw new Error('an end has changed');
          const flaw = flawOf(after);
          if (flaw !== null) throw new Error(`${flaw}: ${JSON.stringify(after)}`);
          call = after;
        }
        // Everybody loses the connection for good: whatever happened before, time ends it.
        for (const one of call.participants) call = advance(call, { type: 'gone', userId: one.userId }, now);
        for (let later = now; later <= now + FOREVER_MS; later += TIMES.graceMs)
          call = advance(call, { type: 'tick' }, later);
        expect(call.state).toBe('ended');
      }),
      { numRuns: SEQUENCES, seed },
    );
  });

  it('repeated at once changes nothing more', () => {
    fc.assert(
      fc.property(begun, steps, step, (first, sequence, last) => {
        let now = BEGIN;
        const call = sequence.reduce(
          (before, { trigger: what, afterMs }) => advance(before, what, (now += afterMs)),
          first,
        );
        const once = advance(call, last.trigger, now);
        expect(advance(once, last.trigger, now)).toBe(once);
      }),
      { numRuns: SEQUENCES / 4, seed },
    );
  });
});
