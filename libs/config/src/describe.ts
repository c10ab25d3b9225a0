import { isRequired, type Fragment, type Setting } from './fragment.js';

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
  /** What a value must be, such as `one of a, b`; empty when any text will do. */
  readonly accepts: string;
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
      accepts: accepted(candidate),
    })),
  );
}

/** No setting means this; a schema that knows better says what it wants instead. */
const NONSENSE = '\u0000';

function accepted({ schema }: Setting<unknown>): string {
  const message = schema.safeParse(NONSENSE).error?.issues[0]?.message ?? '';
  return message.replace(/^must (?:be )?/, '');
}

function written(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
