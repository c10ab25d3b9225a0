import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DECIDED_HERE,
  MEDIA_SETTINGS,
  SHARED_SETTINGS,
  STORAGE_SETTINGS,
  appEnvironment,
  appSettings,
  isGiven,
} from './app-environment.js';
import { ROLES, type Role } from './role.js';
import { SERVICE_ROLES } from './services.js';

const APPS = join(import.meta.dirname, '../..');
/** Those of a library have no place in an app's file. */
const shared = new Set([...SHARED_SETTINGS, ...STORAGE_SETTINGS, ...MEDIA_SETTINGS]);

/** The settings that an app declares in its own file, read as text: an app may not import another. */
function declaredBy(role: Role): readonly string[] {
  const source = readFileSync(join(APPS, role, 'src', `${role}.config.ts`), 'utf8');
  return [...source.matchAll(/env: '([A-Z0-9_]+)'/g)].map(([, name]) => name ?? '');
}

describe('the settings of the apps', () => {
  it.each(ROLES)('are listed as %s declares them', (role) => {
    const declared = declaredBy(role).filter((name) => !DECIDED_HERE.includes(name));
    const listed = appSettings(role).filter((name) => !shared.has(name));
    expect([...listed].sort()).toEqual(declared.filter((name) => !shared.has(name)).sort());
  });
});

describe('appEnvironment', () => {
  const given = {
    PATH: '/bin',
    LOG_LEVEL: 'debug',
    PARLANCE_LIMIT_TEXT_CHARS: '10',
    PARLANCE_MASTER_KEY_FILE: '/key',
    DATABASE_URL: 'postgresql://secret@host/db',
    REDIS_URL: 'redis://secret@host',
    PARLANCE_DATA_DIR: '/data',
  };

  it('gives each app what it knows and no secret of another', () => {
    const common = { PATH: '/bin', LOG_LEVEL: 'debug', PARLANCE_LIMIT_TEXT_CHARS: '10' };
    expect(appEnvironment('api', given, {})).toEqual(common);
    expect(appEnvironment('gateway', given, {})).toEqual({ ...common, REDIS_URL: given.REDIS_URL });
    expect(appEnvironment('message', given, {})).toEqual({ ...common, DATABASE_URL: given.DATABASE_URL });
    const both = { DATABASE_URL: given.DATABASE_URL, REDIS_URL: given.REDIS_URL };
    expect(appEnvironment('presence', given, {})).toEqual({ ...common, ...both });
    expect(appEnvironment('identity', given, {})).toEqual({
      ...common,
      DATABASE_URL: given.DATABASE_URL,
      PARLANCE_MASTER_KEY_FILE: '/key',
    });
  });

  it('tells the edges alone where uploads are', () => {
    const storage = { PARLANCE_STORAGE_DIR: '/files', PARLANCE_FILES_SECRET_FILE: '/secret' };
    for (const edge of ['gateway', 'api'] as const) expect(appEnvironment(edge, storage, {})).toEqual(storage);
    for (const service of SERVICE_ROLES) expect(appEnvironment(service, storage, {})).toEqual({});
  });

  it('tells the api alone how to sign for TURN and media servers', () => {
    const media = { PARLANCE_TURN_SECRETS: 'turn', PARLANCE_LIVEKIT_SECRET_FILE: '/secret' };
    expect(appEnvironment('api', media, {})).toEqual(media);
    for (const other of ROLES.filter((role) => role !== 'api')) expect(appEnvironment(other, media, {})).toEqual({});
  });

  it('lets what the cluster decides win', () => {
    expect(appEnvironment('api', { PORT: '3000' }, { PORT: '4000' })).toEqual({ PORT: '4000' });
  });

  it.each([
    [{ PARLANCE_MASTER_KEY: 'x' }, true],
    [{ PARLANCE_MASTER_KEY_FILE: '/key' }, true],
    [{ PARLANCE_MASTER_KEY: ' ' }, false],
    [{}, false],
  ])('counts %j as given: %s', (env, expected) => {
    expect(isGiven(env, 'PARLANCE_MASTER_KEY')).toBe(expected);
  });
});
