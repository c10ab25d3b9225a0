import type { Ahead, BoardPlace } from './leaderboard.repository.js';

const DAY_MS = 86_400_000;

export interface RankedPlace extends BoardPlace {
  readonly rank: number;
}

/** The monday of the week that a day lies in. */
export function weekOf(day: string): string {
  const at = Date.parse(`${day}T00:00:00.000Z`);
  const sinceMonday = (new Date(at).getUTCDay() + 6) % 7;
  return new Date(at - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** Equal totals share a rank; the next rank counts everybody before. `ahead`: who stands before the page's first place. */
export function ranked(page: readonly BoardPlace[], ahead: Ahead): RankedPlace[] {
  const places: RankedPlace[] = [];
  page.forEach((place, index) => {
    const before = places[index - 1];
    const first = index === 0 ? ahead.above + 1 : ahead.above + ahead.equal + index + 1;
    places.push({ ...place, rank: before?.total === place.total ? before.rank : first });
  });
  return places;
}
