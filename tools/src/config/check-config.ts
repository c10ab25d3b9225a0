import { ConfigError, loadConfig, namesOf, type Environment } from '@parlance/config';
import { DECLARED_APPS, type DeclaredApp } from './declared-apps.js';

export interface CheckedConfig {
  /** Each problem once, with the apps it stops: `[gateway, api] PORT must be ...`. */
  readonly problems: readonly string[];
}

/** Every name an app of ours may find in its environment. */
const ALL_NAMES: readonly string[] = [
  ...new Set(
    DECLARED_APPS.flatMap(({ fragments }) =>
      fragments.flatMap(({ settings }) => Object.values(settings).flatMap(namesOf)),
    ),
  ),
];

/**
 * Judges an environment as the apps would at their start. One app alone refuses what it does not know; several share the environment,
 * so that the names of all are known.
 */
export function checkConfig(apps: readonly DeclaredApp[], env: Environment): CheckedConfig {
  const stopped = new Map<string, string[]>();
  for (const app of apps) {
    const alsoKnown = apps.length > 1 || app.startsOthers === true ? ALL_NAMES : [];
    for (const problem of problemsOf(app, env, alsoKnown)) {
      const names = stopped.get(problem) ?? [];
      stopped.set(problem, [...names, app.name]);
    }
  }
  return { problems: [...stopped].map(([problem, names]) => `[${names.join(', ')}] ${problem}`) };
}

function problemsOf(app: DeclaredApp, env: Environment, alsoKnown: readonly string[]): readonly string[] {
  try {
    loadConfig(app.fragments, withDefaults(app, env), { alsoKnown });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function withDefaults({ defaults = {} }: DeclaredApp, env: Environment): Environment {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(given) };
}
