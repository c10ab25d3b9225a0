import { z } from 'zod';

/** One environment variable: how it is called, what it must be, and what a person should know about it. */
export interface Setting<T> {
  readonly env: string;
  readonly schema: z.ZodType<T>;
  readonly default?: T | undefined;
  /** A secret is never shown in a message and can also be given as `<env>_FILE`, the path of a file that holds it. */
  readonly secret: boolean;
  readonly doc: string;
}

export interface SettingOptions<T> {
  readonly env: string;
  readonly schema: z.ZodType<T>;
  readonly default?: NoInfer<T>;
  readonly secret?: boolean;
  readonly doc: string;
}

/** A named group of settings; its name becomes the key in the loaded config. */
export interface Fragment<
  N extends string = string,
  S extends Readonly<Record<string, Setting<unknown>>> = Readonly<Record<string, Setting<unknown>>>,
> {
  readonly name: N;
  readonly settings: S;
  /** Asked when each setting is good by itself: what is wrong with them together, one line per problem. */
  readonly check?: (values: Readonly<Record<string, unknown>>) => readonly string[];
}

export type FragmentValues<F extends Fragment> = {
  readonly [K in keyof F['settings']]: F['settings'][K] extends Setting<infer T> ? T : never;
};

/** What `loadConfig` returns for a list of fragments. */
export type ConfigOf<F extends readonly Fragment[]> = {
  readonly [E in F[number] as E['name']]: FragmentValues<E>;
};

/** A setting without `default` is required, unless its schema is `.optional()`: then it is `undefined` when unset. */
export function setting<T>(options: SettingOptions<T>): Setting<T> {
  return { ...options, secret: options.secret ?? false };
}

export function fragment<const N extends string, S extends Readonly<Record<string, Setting<unknown>>>>(
  name: N,
  settings: S,
  check?: (values: FragmentValues<Fragment<N, S>>) => readonly string[],
): Fragment<N, S> {
  if (check === undefined) return { name, settings };
  return { name, settings, check: (values) => (areValuesOf(settings, values) ? check(values) : []) };
}

/** Loading parsed each value with the schema of its own setting. */
function areValuesOf<S extends Fragment['settings']>(
  settings: S,
  values: object,
): values is FragmentValues<Fragment<string, S>> {
  return Object.keys(settings).every((key) => key in values);
}

/** A line for each name without a value. `given`: values by the name of their environment variable; `because`: what needs them. */
export function missingFor(because: string, given: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [`${name} is required with ${because}`] : [],
  );
}

export function isRequired(candidate: Setting<unknown>): boolean {
  return candidate.default === undefined && !(candidate.schema instanceof z.ZodOptional);
}

/** Every name under which a setting may appear in the environment. */
export function namesOf(candidate: Setting<unknown>): readonly string[] {
  return candidate.secret ? [candidate.env, `${candidate.env}_FILE`] : [candidate.env];
}
