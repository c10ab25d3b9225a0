import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { explainScore, getScore, recomputeScore } from '@parlance/contracts';
import { REEL_SEEN, type ScoreDay } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '@parlance/persistence';
import { DatabaseClock } from '../database/database-clock.js';
import { tallyDay, verdictWithin } from '../engine/day-tally.js';
import { LocalDays } from '../engine/local-day.js';
import { actionsOf, documentOf, weekdayOf } from '../engine/score-document.js';
import type { Tally } from '../fact/fact.repository.js';
import { NoticeService } from '../notice/notice.service.js';
import { RulesService } from '../rules/rules.service.js';
import { ScoreRepository, type DayRow, type EntryRow } from './score.repository.js';

type ScoreInput = z.output<typeof getScore.input>;
type ExplainInput = z.output<typeof explainScore.input>;
type Explanation = z.input<typeof explainScore.output>;
type Entry = Explanation['entries'][number];
type Recomputed = z.input<typeof recomputeScore.output>;

/** A day that may have no facts yet; `row` null then. */
interface FoundDay {
  readonly row: DayRow | null;
  readonly rulesVersion: number;
  readonly document: ScoreDay;
}

@Injectable()
export class ScoreService {
  readonly #days = new LocalDays();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(ScoreRepository) private readonly repository: ScoreRepository,
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(NoticeService) private readonly notices: NoticeService,
  ) {}

  async get(input: ScoreInput): Promise<ScoreDay> {
    return (await this.#find(input, await this.dayOf(input))).document;
  }

  async explain(input: ExplainInput): Promise<Explanation> {
    const { tenantId, userId, after, limit } = input;
    const day = await this.dayOf(input);
    const { row, rulesVersion, document } = await this.#find(input, day);
    if (row === null) return { day: document, rulesVersion, entries: [], next: null };
    const rows = await this.repository.entries(tenantId, userId, day, after, limit);
    const tallies = await this.repository.tallies(tenantId, userId, day, rulesVersion);
    const byType = new Map(tallies.map((tally) => [tally.type, tally]));
    const last = rows.at(-1);
    const next = last === undefined || rows.length < limit ? null : { at: last.micros, factId: last.factId };
    return { day: document, rulesVersion, entries: rows.map((entry) => entryOf(entry, byType.get(entry.type))), next };
  }

  /** Under the lock that every writer of the user's facts takes, so that what is read is what is counted. */
  async recompute(input: ScoreInput): Promise<Recomputed> {
    const { tenantId, userId } = input;
    const day = await this.dayOf(input);
    const { rulesVersion, row } = await this.#find(input, day);
    if (row === null) return { day: (await this.#find(input, day)).document, changed: false };
    const actions = actionsOf(await this.rules.version(tenantId, rulesVersion), weekdayOf(day));
    const changed = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, userId, day };
      const stored = await this.repository.lock(scope);
      if (stored === null) return false;
      const tally = tallyDay(actions, await this.repository.facts(scope));
      if (agrees(stored, tally)) return false;
      await this.repository.rewrite(scope, tally, tally.total - stored.total);
      return true;
    });
    if (changed) this.notices.daysChanged();
    return { day: (await this.#find(input, day)).document, changed };
  }

  /** The day asked for, else the one that the user's clock shows now. */
  async dayOf({ timeZone, day }: Pick<ScoreInput, 'timeZone' | 'day'>): Promise<string> {
    return day ?? this.#days.at(timeZone, Math.floor((await this.clock.now()) / 1_000)).day;
  }

  async #find({ tenantId, userId, timeZone }: ScoreInput, day: string): Promise<FoundDay> {
    const row = await this.repository.day(tenantId, userId, day);
    if (row !== null) {
      const rules = await this.rules.version(tenantId, row.rulesVersion);
      return { row, rulesVersion: row.rulesVersion, document: documentOf(rules, row) };
    }
    const { version, rules } = await this.rules.newest(tenantId);
    const { startsAt } = this.#days.named(timeZone, day);
    return { row, rulesVersion: version, document: documentOf(rules, { day, startsAt, reelsSeen: 0, counts: {} }) };
  }
}

function entryOf({ micros: at, isFirst, ...shown }: EntryRow, tally: Tally | undefined): Entry {
  if (shown.type === REEL_SEEN) return { ...shown, verdict: isFirst ? 'counted' : 'capped', points: 0 };
  const verdict = verdictWithin(tally, { at, factId: shown.factId });
  return { ...shown, verdict, points: verdict === 'counted' ? (tally?.points ?? 0) : 0 };
}

function agrees(stored: DayRow, { reelsSeen, counts, total }: ReturnType<typeof tallyDay>): boolean {
  return (
    stored.reelsSeen === reelsSeen && stored.total === total && isDeepStrictEqual({ ...stored.counts }, { ...counts })
  );
}
