import type { Extras, Metadata } from '@parlance/domain';
import { NAME } from './wire.js';

/** What this dialect keeps beside a message, room or preference. It wrote it itself, but a database is read with care. */
export function ownExtras(extras: Extras): Metadata {
  return extras[NAME] ?? {};
}

export function textIn(own: Metadata, key: string): string | undefined {
  const value = own[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(own: Metadata, key: string): number | undefined {
  const value = own[key];
  return typeof value === 'number' ? value : undefined;
}

export function flagIn(own: Metadata, key: string): boolean {
  return own[key] === true;
}

export function textsIn(own: Metadata, key: string): readonly string[] {
  const value = own[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Without what is undefined or null, so that nothing is stored that says nothing. */
export function present(fields: Readonly<Record<string, unknown>>): Metadata {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}
