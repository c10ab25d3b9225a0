import { isRequired, type Fragment } from './fragment.js';

/** One row of the generated settings page. */
export interface SettingRow {
  readonly fragment: string;
  readonly key: string;
  readonly env: string;
  /** The default as one would write it; null when there is none, or when the setting is secret. */
  readonly default: string | null;
  readonly required: boolean;
  readonly secret: boolean;
  readonly doc: string;
}

export function describe(fragments: readonly Fragment[]): readonly SettingRow[] {
  return fragments.flatMap(({ name, settings }) =>
    Object.entries(settings).map(([key, candidate]) => ({
      fragment: name,
      key,
      env: candidate.env,
      default: candidate.secret || candidate.default === undefined ? null : written(candidate.default),
      required: isRequired(candidate),
      secret: candidate.secret,
      doc: candidate.doc,
    })),
  );
}

function written(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
