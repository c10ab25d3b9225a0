import { describe, namesOf } from '@parlance/config';
import type { DeclaredApp } from './declared-apps.js';

/** Every name that an app may find in its environment, those of files that hold secrets included. */
export function settingNames({ fragments }: DeclaredApp): ReadonlySet<string> {
  return new Set(fragments.flatMap(({ settings }) => Object.values(settings).flatMap(namesOf)));
}

/** Those whose value must not be read by others. */
export function secretNames({ fragments }: DeclaredApp): ReadonlySet<string> {
  return new Set(
    describe(fragments)
      .filter(({ secret }) => secret)
      .map(({ env }) => env),
  );
}
