import { classic } from '@parlance/dialect-classic';
import { imkit } from '@parlance/dialect-imkit';
import type { Dialect } from '@parlance/dialect-kit';
import { minchat } from '@parlance/dialect-minchat';
import { vchat } from '@parlance/dialect-vchat';
import { reels } from '@parlance/dialect-reels';

/** Every dialect that Parlance speaks, one line each: the only place that names them all. */
// prettier-ignore
export const dialects: readonly Dialect[] = [
  minchat,
  classic,
  vchat,
  reels,
  imkit,
];

const byName: ReadonlyMap<string, Dialect> = new Map(dialects.map((dialect) => [dialect.name, dialect]));
const byEvent: ReadonlyMap<string, Dialect> = new Map(
  dialects.flatMap((dialect) => [...dialect.inbound.keys()].map((event) => [event, dialect] as const)),
);

export function dialectNamed(name: string): Dialect | null {
  return byName.get(name) ?? null;
}

/** Whose inbound event this is: what a connection that sends it first must be. */
export function dialectOfEvent(event: string): Dialect | null {
  return byEvent.get(event) ?? null;
}
