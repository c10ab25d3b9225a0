import { sharedFragments, type Environment, type Fragment } from '@parlance/config';
import { mediaConfig } from '@parlance/media';
import { storageConfig } from '@parlance/storage';
import { ROLES, type Role } from './role.js';
import { isService, termsOf } from './services.js';

const OWN_PREFIX = 'PARLANCE_';

/** What both edges know of uploads. */
export const STORAGE_SETTINGS: readonly string[] = Object.values(storageConfig.settings).map(({ env }) => env);

/** How the media of calls finds its way. */
export const MEDIA_SETTINGS: readonly string[] = Object.values(mediaConfig.settings).map(({ env }) => env);

const EDGE_SETTINGS: Readonly<Record<'gateway' | 'api', readonly string[]>> = {
  gateway: [
    'REDIS_URL',
    'PARLANCE_GATEWAY_SECRET',
    'PARLANCE_GATEWAY_PREVIOUS_SECRET',
    'PARLANCE_GATEWAY_MAX_CONNECTIONS',
    'PARLANCE_GATEWAY_FILE_FRAMES_BYTES',
    'PARLANCE_GATEWAY_MAX_SUBSCRIPTIONS',
    'PARLANCE_LIMIT_CONNECTS_PER_MINUTE',
    'PARLANCE_TRUST_PROXY',
    ...STORAGE_SETTINGS,
  ],
  api: [
    'PARLANCE_API_TRUSTED_PROXIES',
    'PARLANCE_LIMIT_UPLOAD_BYTES',
    'PARLANCE_API_BODIES_BYTES',
    'PARLANCE_LIMIT_KEY_REQUESTS_PER_SECOND',
    'PARLANCE_LIMIT_REFUSALS_PER_MINUTE',
    ...STORAGE_SETTINGS,
    ...MEDIA_SETTINGS,
  ],
};

/**
 * Settings that one app reads beside the shared ones: an app refuses names it does not know, and no process gets a secret that it does
 * not need. The spec compares this with the apps.
 */
export function appSettings(role: Role): readonly string[] {
  return isService(role) ? termsOf(role).settings : EDGE_SETTINGS[role];
}

/** Settings that the cluster decides for each of its processes: replicas would not be told apart if a person set them. */
export const DECIDED_HERE: readonly string[] = ['PARLANCE_POD_ID', 'PARLANCE_API_URL', 'PARLANCE_GATEWAY_URL'];

const fragments: readonly Fragment[] = sharedFragments;
/** What every app knows. */
export const SHARED_SETTINGS: readonly string[] = fragments.flatMap(({ settings }) =>
  Object.values(settings).map(({ env }) => env),
);
const special = ROLES.flatMap(appSettings);

/** Every name that a person may set for one of the apps. */
export const APP_SETTING_NAMES: readonly string[] = [...new Set(special)].flatMap(withFile);

/** What an app finds in its environment: what was given to the cluster and concerns it, and what was made for it, which wins. */
export function appEnvironment(role: Role, given: Environment, made: Environment): Environment {
  const names = new Set(
    [...SHARED_SETTINGS.filter((name) => !special.includes(name)), ...appSettings(role)].flatMap(withFile),
  );
  const concerns = (name: string): boolean => names.has(name) || !isSetting(name);
  return { ...Object.fromEntries(Object.entries(given).filter(([name]) => concerns(name))), ...made };
}

/** Whether a person gave the setting, itself or by a file. */
export function isGiven(given: Environment, setting: string): boolean {
  return withFile(setting).some((name) => (given[name] ?? '').trim() !== '');
}

function isSetting(name: string): boolean {
  return name.startsWith(OWN_PREFIX) || special.some((setting) => withFile(setting).includes(name));
}

function withFile(setting: string): readonly string[] {
  return [setting, `${setting}_FILE`];
}
