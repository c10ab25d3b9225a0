import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { isRequired, namesOf, type ConfigOf, type Fragment, type Setting } from './fragment.js';
import { nearestName } from './nearest-name.js';
import { sharedFragments } from './shared-fragments.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process with defaults underneath, for an app that makes settings of its own. */
export function environmentOver(defaults: Environment): Environment {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(given) };
}

export interface LoadOptions {
  /** Names with our prefix that belong to another process started with the same environment. */
  readonly alsoKnown?: readonly string[];
}

const OWN_PREFIX = 'PARLANCE_';

/** Set by the test run for itself and inherited by what it starts. */
const TEST_PREFIX = 'PARLANCE_TEST_';

/** Kubernetes puts such names into every pod beside a service called `parlance-...`; nobody typed them. */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)$/;
const SERVICE_LINK_VALUE = /^(tcp|udp):\/\//;

type Reading = { readonly raw: string | undefined } | { readonly problem: string };
type Outcome = { readonly value: unknown } | { readonly problem: string };

/**
 * The validated settings, keyed by fragment and setting.
 * @throws ConfigError with every problem of the environment at once.
 */
export function loadConfig<const F extends readonly Fragment[]>(
  fragments: F,
  env: Environment = process.env,
  options: LoadOptions = {},
): ConfigOf<F> {
  const problems = unknownNames(fragments, env, options.alsoKnown ?? []);
  const config: Record<string, Record<string, unknown>> = {};
  for (const { name, settings, check } of distinct(fragments)) {
    const before = problems.length;
    const values = loadFragment(settings, env, problems);
    if (problems.length === before) problems.push(...(check?.(values) ?? []));
    config[name] = values;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  if (!hasSettingsOf(config, fragments)) throw new TypeError('A setting was neither loaded nor reported.');
  return config;
}

/** Whether a loaded config holds the settings of these fragments; narrows one that was loaded for more of them. */
export function hasSettingsOf<const F extends readonly Fragment[]>(
  config: object,
  fragments: F,
): config is ConfigOf<F> {
  const groups = new Map<string, unknown>(Object.entries(config));
  return fragments.every(({ name, settings }) => {
    const group = groups.get(name);
    return typeof group === 'object' && group !== null && Object.keys(settings).every((key) => key in group);
  });
}

/** A fragment may be listed twice (two apps in one process), but one name must not mean two things. */
function distinct(fragments: readonly Fragment[]): readonly Fragment[] {
  const byName = new Map<string, Fragment>();
  for (const candidate of fragments) {
    const earlier = byName.get(candidate.name);
    if (earlier !== undefined && earlier !== candidate) {
      throw new TypeError(`Two different config fragments are called '${candidate.name}'.`);
    }
    byName.set(candidate.name, candidate);
  }
  return [...byName.values()];
}

function loadFragment(settings: Fragment['settings'], env: Environment, problems: string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, candidate] of Object.entries(settings)) {
    const outcome = loadSetting(candidate, env);
    if ('problem' in outcome) problems.push(outcome.problem);
    else values[key] = outcome.value;
  }
  return values;
}

function loadSetting(candidate: Setting<unknown>, env: Environment): Outcome {
  const reading = readRaw(candidate, env);
  if ('problem' in reading) return reading;
  if (reading.raw !== undefined) return parseRaw(candidate, reading.raw);
  if (isRequired(candidate)) return { problem: problemLine(candidate, 'is missing') };
  return { value: candidate.default };
}

function parseRaw(candidate: Setting<unknown>, raw: string): Outcome {
  const result = candidate.schema.safeParse(raw);
  if (result.success) return { value: result.data };
  const expectation = result.error.issues[0]?.message ?? 'is not valid';
  return { problem: problemLine(candidate, candidate.secret ? expectation : `${expectation}, but is ${quoted(raw)}`) };
}

/** An empty variable counts as unset: that is what compose files and manifests make of a blank. */
function readRaw(candidate: Setting<unknown>, env: Environment): Reading {
  const direct = blankToUndefined(env[candidate.env]);
  const path = candidate.secret ? blankToUndefined(env[`${candidate.env}_FILE`]) : undefined;
  if (path === undefined) return { raw: direct };
  if (direct !== undefined) {
    return { problem: problemLine(candidate, `and ${candidate.env}_FILE are both set; keep one of them`) };
  }
  return readSecretFile(candidate, path);
}

function readSecretFile(candidate: Setting<unknown>, path: string): Reading {
  try {
    const raw = blankToUndefined(readFileSync(path, 'utf8').trim());
    if (raw !== undefined) return { raw };
    return {
      problem: problemLine(candidate, `is read from ${candidate.env}_FILE, but the file ${quoted(path)} is empty`),
    };
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return {
      problem: problemLine(
        candidate,
        `is read from ${candidate.env}_FILE, but ${quoted(path)} cannot be read (${reason})`,
      ),
    };
  }
}

function unknownNames(fragments: readonly Fragment[], env: Environment, alsoKnown: readonly string[]): string[] {
  const declared = [...fragments, ...sharedFragments].flatMap(({ settings }) =>
    Object.values(settings).flatMap(namesOf),
  );
  const known = [...new Set([...declared, ...alsoKnown])];
  return Object.keys(env)
    .filter((name) => name.startsWith(OWN_PREFIX) && !name.startsWith(TEST_PREFIX))
    .filter((name) => !known.includes(name) && !isServiceLink(name, env[name]))
    .map((name) => unknownNameLine(name, nearestName(name, known)));
}

function isServiceLink(name: string, value: string | undefined): boolean {
  return SERVICE_LINK.test(name) || SERVICE_LINK_VALUE.test(value ?? '');
}

function unknownNameLine(name: string, nearest: string | undefined): string {
  const remedy = nearest === undefined ? 'Remove it or correct its name.' : `Did you mean ${nearest}?`;
  return `${name} is not a setting. ${remedy}`;
}

function problemLine(candidate: Setting<unknown>, what: string): string {
  return `${candidate.env} ${what}. ${candidate.doc}`;
}

function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}

function blankToUndefined(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
