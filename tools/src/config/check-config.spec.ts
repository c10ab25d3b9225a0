import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe as rowsOf } from '@parlance/config';
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';
import { checkConfig } from './check-config.js';
import { DECLARED_APPS, declaredApp } from './declared-apps.js';
import { parseEnvFile } from './env-file.js';

const APPS = join(import.meta.dirname, '../../../apps');
/** Scenarios, no process of ours. */
const NOT_STARTED = ['e2e'];

const GOOD = {
  NATS_URL: 'nats://127.0.0.1:4222',
  DATABASE_URL: 'postgresql://127.0.0.1/parlance',
  PARLANCE_MASTER_KEY: 'a master key of this spec, long enough',
  PARLANCE_GATEWAY_SECRET: 'a gateway secret of this spec, long enough',
};

describe('the declared apps', () => {
  it('are all there are', () => {
    const folders = readdirSync(APPS).filter((name) => !NOT_STARTED.includes(name));
    expect(DECLARED_APPS.map(({ name }) => name).sort()).toEqual(folders.sort());
  });

  it.each(DECLARED_APPS.filter(({ distributed }) => distributed))('declare for $name what its main.ts reads', (app) => {
    const main = readFileSync(join(APPS, app.name, 'src/main.ts'), 'utf8');
    const own = app.name.replaceAll(/-(\w)/g, (_, first: string) => first.toUpperCase());
    expect(main).toContain(`fragments: [...${own}Fragments, ...busFragments]`);
  });

  it.each(DECLARED_APPS)('give no name two meanings within $name', ({ fragments }) => {
    const meanings = new Map(rowsOf(fragments).map((row) => [`${row.fragment}.${row.key}`, row.env]));
    const shared = [...meanings].filter(([, env], index, all) => all.findIndex(([, other]) => other === env) !== index);
    for (const [key, env] of shared)
      expect(`${key} ${env}`).toMatch(/ (?:PARLANCE_DEMO|REDIS_URL|NATS_URL|DATABASE_URL)$/);
  });
});

describe('checkConfig', () => {
  const all = parseArguments([]).apps;

  it('finds nothing wrong with what every app needs', () => {
    expect(checkConfig(all, GOOD)).toEqual({ problems: [] });
  });

  it('tells every problem once, with the apps it stops', () => {
    const { problems } = checkConfig(all, { ...GOOD, DATABASE_URL: '', LOG_LEVEL: 'loud', PARLANCE_CALL_GRACE: '1' });
    const names = all.map(({ name }) => name);
    const withTables = names.filter((name) => name !== 'gateway' && name !== 'api');
    expect(problems.map((problem) => problem.slice(0, problem.indexOf('.')))).toEqual([
      `[${names.join(', ')}] LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"`,
      `[${withTables.join(', ')}] DATABASE_URL is missing`,
      '[call] PARLANCE_CALL_GRACE must be a time from 1000 to 600000 ms, such as 500ms, 10s or 5m, but is "1"',
    ]);
  });

  it('knows the names of the others where several share an environment, and one app alone only its own', () => {
    const env = { ...GOOD, PARLANCE_LOG_KEEP: '7d' };
    expect(checkConfig(all, env).problems).toEqual([]);
    expect(checkConfig([declaredApp('message')], { ...GOOD, PARLANCE_LOG_KEP: '7d' }).problems.join()).toContain(
      'PARLANCE_LOG_KEP is not a setting. Did you mean PARLANCE_LOG_KEEP?',
    );
    expect(checkConfig([declaredApp('api')], env).problems.join()).toContain('PARLANCE_LOG_KEEP is not a setting');
  });

  it('knows that the cluster is given the settings of the apps it starts', () => {
    expect(checkConfig([declaredApp('cluster')], { PARLANCE_CALL_GRACE: '5s' }).problems).toEqual([]);
  });

  it('knows what an app decides itself', () => {
    expect(checkConfig([declaredApp('standalone'), declaredApp('cluster')], {}).problems).toEqual([]);
  });
});

describe('the command line', () => {
  it('reads apps and a file', () => {
    const { apps, envFile } = parseArguments(['call', '--env-file', '.env', 'api']);
    expect([apps.map(({ name }) => name), envFile]).toEqual([['call', 'api'], '.env']);
  });

  it.each([[['--all']], [['chat']], [['--env-file']]])('refuses %j', (args) => {
    expect(() => parseArguments(args)).toThrow(RangeError);
  });
});

describe('an env file', () => {
  it('has values, comments, quotes, and problems where it is none', () => {
    const text = '# a\n\nA=1\nexport B="two words"\nC=x=y\nD=\'q\'\nno value\n';
    expect(parseEnvFile(text, 'f.env')).toEqual({
      env: { A: '1', B: 'two words', C: 'x=y', D: 'q' },
      problems: ['f.env:7 is not NAME=value.'],
    });
  });
});
