import type { recordFacts } from '@parlance/contracts';
import { ParlanceError, REEL_SEEN, weekdaySchema, type ScoreRules, type ScoreVerdict } from '@parlance/domain';
import type { z } from 'zod';
import { verdictWithin } from '../engine/day-tally.js';
import type { LocalDays } from '../engine/local-day.js';
import { actionsOf } from '../engine/score-document.js';
import { REEL_GAP_MS, type Applied, type LedgerFact, type Tally } from './fact.repository.js';

export type RecordInput = z.output<typeof recordFacts.input>;
export type RecordOutput = z.input<typeof recordFacts.output>;

/** How far ahead of the database's clock a teller's may be. */
export const AHEAD_MS = 60_000;
/** How old a user's own claim may be. */
export const CLAIM_AGE_MS = 2 * 86_400_000;
const EARLIEST = Date.parse('2000-01-01T00:00:00.000Z');

/** The types a tenant's facts may have now. */
export function knownTypes(rules: ScoreRules): ReadonlySet<string> {
  const types = weekdaySchema.options.flatMap((day) => actionsOf(rules, day).map(({ type }) => type));
  return new Set([REEL_SEEN, ...types]);
}

/** @throws ParlanceError `invalid` that names each bad fact */
export function checkTypes({ facts }: RecordInput, known: ReadonlySet<string>): void {
  const fields: Record<string, string> = {};
  facts.forEach(({ type, ref }, index) => {
    if (!known.has(type)) fields[`facts.${index}.type`] = 'is none of the rule set';
    if (type === REEL_SEEN && ref === undefined) fields[`facts.${index}.ref`] = 'is needed: the id of the reel';
  });
  refuseIfAny(fields);
}

/**
 * Facts as the ledger takes them. `now`: the database's clock, in microseconds; facts without a time get it, in their order.
 * @throws ParlanceError `invalid` for a time that cannot be, and for a client's claim that is not plausible
 */
export function settleTimes(input: RecordInput, now: number, days: LocalDays): readonly LedgerFact[] {
  const { tenantId, userId, timeZone, source } = input;
  const nowMs = Math.floor(now / 1_000);
  const fields: Record<string, string> = {};
  const facts = input.facts.map(({ factId, type, ref, at: told }, index): LedgerFact => {
    const at = told === undefined ? now + index : Date.parse(told) * 1_000;
    const problem = timeProblem(Math.floor(at / 1_000), nowMs, source);
    if (problem !== null) {
      fields[`facts.${index}.at`] = problem;
      return { tenantId, userId, factId, type, ref: ref ?? null, at, day: '', startsAt: 0 };
    }
    const { day, startsAt } = days.at(timeZone, Math.floor(at / 1_000));
    return { tenantId, userId, factId, type, ref: ref ?? null, at, day, startsAt };
  });
  refuseIfAny(fields);
  if (source === 'client') checkGaps(facts);
  return facts;
}

function timeProblem(at: number, now: number, source: RecordInput['source']): string | null {
  if (at > now + AHEAD_MS) return 'lies in the future';
  if (source === 'client' && at < now - CLAIM_AGE_MS) return 'lies more than two days back';
  return at < EARLIEST ? 'lies before the year 2000' : null;
}

/** A claim of reels that nobody can have watched. */
function checkGaps(facts: readonly LedgerFact[]): void {
  const reels = facts.flatMap(({ type, at, factId }, index) => (type === REEL_SEEN ? [{ at, factId, index }] : []));
  const distinct = [...new Map(reels.map((reel) => [reel.factId, reel])).values()].toSorted((a, b) => a.at - b.at);
  const fields: Record<string, string> = {};
  distinct.forEach(({ at, index }, place) => {
    const before = distinct[place - 1];
    if (before !== undefined && at - before.at < REEL_GAP_MS * 1_000) fields[`facts.${index}.at`] = TOO_FAST;
  });
  refuseIfAny(fields);
}

const TOO_FAST = 'is less than a second after another reel; say when each was seen';

function refuseIfAny(fields: Readonly<Record<string, string>>): void {
  const problems = Object.entries(fields).slice(0, 20);
  if (problems.length === 0) return;
  const summary = problems.map(([field, problem]) => `${field}: ${problem}`).join('; ');
  throw new ParlanceError('invalid', summary, { fields: Object.fromEntries(problems) });
}

/** What the ledger refused under its lock. A claim without a time may be told again in a moment, one with a time is wrong for good. */
export function refusalOf({ facts }: RecordInput, full: boolean): ParlanceError {
  if (full) return new ParlanceError('conflict', 'This day holds as many facts as it may.');
  if (facts.some(({ type, at }) => type === REEL_SEEN && at === undefined)) {
    return new ParlanceError('rate-limited', 'Reels take at least a second each.', { retryAfterMs: REEL_GAP_MS });
  }
  return new ParlanceError('invalid', `facts: a reel ${TOO_FAST}`, { fields: { facts: TOO_FAST } });
}

/** What became of each fact of a batch, by place (0-based); null: it was stored before. */
export function verdictsOf(
  batch: readonly LedgerFact[],
  { fresh, firstReels, tallies }: Applied,
): readonly (ScoreVerdict | null)[] {
  const [stored, first] = [new Set(fresh), new Set(firstReels)];
  const edges = new Map(tallies.map((tally) => [edgesKey(tally), tally]));
  return batch.map((fact, index) => {
    if (!stored.has(index + 1)) return null;
    if (fact.type === REEL_SEEN) return first.has(index + 1) ? 'counted' : 'capped';
    return verdictWithin(edges.get(edgesKey(fact)), fact);
  });
}

function edgesKey({ tenantId, userId, day, type }: Pick<Tally, 'tenantId' | 'userId' | 'day' | 'type'>): string {
  return JSON.stringify([tenantId, userId, day, type]);
}

export function summaryOf(verdicts: readonly (ScoreVerdict | null)[]): RecordOutput {
  const count = (wanted: ScoreVerdict | null): number => verdicts.filter((verdict) => verdict === wanted).length;
  const capped = count('capped');
  const rest = capped === 0 ? {} : { capped };
  return { counted: count('counted'), duplicates: count(null), locked: count('locked'), ...rest };
}
