/** People who hear of the others; each has an equal share of them in direct rooms. */
export const WATCHERS = 10;

export function watcherName(index: number): string {
  return `watch-${index % WATCHERS}`;
}

export function userName(index: number): string {
  return `crowd-${index}`;
}

/** Who hears of a user; null: it is a watcher itself. */
export function watcherOf(userId: string): string | null {
  const index = /^crowd-(\d+)$/.exec(userId)?.[1];
  return index === undefined ? null : watcherName(Number(index));
}
