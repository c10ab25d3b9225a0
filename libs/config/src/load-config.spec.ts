import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError } from './config-error.js';
import { fragment, missingFor, setting } from './fragment.js';
import { loadConfig, type Environment, type LoadOptions } from './load-config.js';
import { databaseConfig, httpConfig, limitsConfig, logConfig, natsConfig, redisConfig } from './shared-fragments.js';
import { flag, list } from './value-schema.js';
import type { Fragment } from './fragment.js';

function problemsOf(fragments: readonly Fragment[], env: Environment, options?: LoadOptions): readonly string[] {
  try {
    loadConfig(fragments, env, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('gives typed values, from the environment or the default', () => {
    const config = loadConfig([httpConfig, logConfig, natsConfig], { PORT: '8080', LOG_LEVEL: 'debug' });
    expect(config).toEqual({
      http: { port: 8080, host: '127.0.0.1' },
      log: { level: 'debug' },
      nats: { urls: undefined },
    });
    expectTypeOf(config.http.port).toEqualTypeOf<number>();
    expectTypeOf(config.nats.urls).toEqualTypeOf<readonly string[] | undefined>();
  });

  it('lists every problem at once, one line each, with name, fault and remedy', () => {
    const problems = problemsOf([httpConfig, logConfig, redisConfig, databaseConfig], {
      PORT: 'abc',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
    });
    expect(problems).toEqual([
      'PORT must be a whole number from 0 to 65535, but is "abc". TCP port to listen on; 0 takes any free one.',
      'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud". Least severe level that is logged.',
      'REDIS_URL is missing. Redis for signals between gateways, such as redis://127.0.0.1:6379.',
      'DATABASE_URL must be a URL that starts with postgres:// or postgresql://. Postgres 15 to 18, such as postgresql://user:password@127.0.0.1:5432/parlance.',
    ]);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it('asks what settings are together once each is good by itself', () => {
    const options = { pair: setting({ env: 'PAIR', schema: flag(), default: false, doc: 'Both.' }) };
    const pair = fragment(
      'pair',
      { ...options, left: setting({ env: 'LEFT', schema: list().optional(), doc: 'Left.' }) },
      ({ pair: both, left }) => (both ? missingFor('PAIR', { LEFT: left }) : []),
    );
    expect(problemsOf([pair], {})).toEqual([]);
    expect(problemsOf([pair], { PAIR: 'true', LEFT: 'a' })).toEqual([]);
    expect(problemsOf([pair, redisConfig], { PAIR: 'true' })).toEqual([
      'LEFT is required with PAIR',
      expect.stringContaining('REDIS_URL is missing'),
    ]);
    expect(problemsOf([pair], { PAIR: 'perhaps' })).toHaveLength(1);
  });

  it('takes an empty variable for an unset one', () => {
    expect(loadConfig([httpConfig], { PORT: '', HOST: '  ' }).http).toEqual({ port: 3000, host: '127.0.0.1' });
    expect(problemsOf([redisConfig], { REDIS_URL: '' })[0]).toMatch(/^REDIS_URL is missing\./);
  });

  it('shows at most the beginning of a wrong value', () => {
    expect(problemsOf([httpConfig], { PORT: 'x'.repeat(10_000) })[0]?.length).toBeLessThan(300);
  });

  it('has the default limits of the guarantees', () => {
    expect(loadConfig([limitsConfig], {}).limits).toEqual({
      textChars: 20_000,
      packetBytes: 262_144,
      jsonDepth: 16,
      messagesPerSecond: 5,
      messagesBurst: 20,
      typingIntervalMs: 3_000,
      icePerSecond: 50,
      otherEventsPerSecond: 20,
      metadataBytes: 65_536,
      metadataKeys: 100,
      groupMembers: 5_000,
      presenceMembers: 100,
      socketsPerUser: 50,
    });
    expect(loadConfig([limitsConfig], { PARLANCE_LIMIT_PACKET_BYTES: '1MB' }).limits.packetBytes).toBe(1_048_576);
  });

  it('accepts the same fragment twice, but not two of one name', () => {
    expect(loadConfig([httpConfig, httpConfig], {}).http.port).toBe(3000);
    const impostor = fragment('http', { on: setting({ env: 'ON', schema: flag(), default: true, doc: 'x' }) });
    expect(() => loadConfig([httpConfig, impostor], {})).toThrow("called 'http'");
  });

  it('loads fragments an app declares itself', () => {
    const own = fragment('own', {
      on: setting({ env: 'OWN_ON', schema: flag(), default: false, doc: 'x' }),
      names: setting({ env: 'OWN_NAMES', schema: list(), default: [], doc: 'x' }),
    });
    expect(loadConfig([own], { OWN_ON: 'yes', OWN_NAMES: 'a, b,,c' }).own).toEqual({
      on: true,
      names: ['a', 'b', 'c'],
    });
  });
});

describe('the guard against typing errors', () => {
  it('names the setting that was probably meant', () => {
    expect(problemsOf([httpConfig], { PARLANCE_LIMIT_TEXT_CHAR: '5' })).toEqual([
      'PARLANCE_LIMIT_TEXT_CHAR is not a setting. Did you mean PARLANCE_LIMIT_TEXT_CHARS?',
    ]);
    expect(problemsOf([httpConfig], { PARLANCE_COLOUR: 'red' })).toEqual([
      'PARLANCE_COLOUR is not a setting. Remove it or correct its name.',
    ]);
  });

  it('leaves alone what other apps, other programs and Kubernetes put there', () => {
    const env = {
      PARLANCE_LIMIT_TEXT_CHARS: '5',
      PARLANCE_OTHER: 'x',
      PATH: '/bin',
      PARLANCE_TEST_STRICT: '1',
      PARLANCE_GATEWAY_SERVICE_HOST: '10.0.0.1',
      PARLANCE_GATEWAY_PORT: 'tcp://10.0.0.1:80',
      PARLANCE_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf([httpConfig], env, { alsoKnown: ['PARLANCE_OTHER'] })).toEqual([]);
  });
});

describe('secrets from files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-config-'));
    writeFileSync(join(folder, 'redis'), 'redis://:pw@127.0.0.1:6379\n');
    writeFileSync(join(folder, 'blank'), '\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads <NAME>_FILE and drops the newline at its end', () => {
    expect(loadConfig([redisConfig], { REDIS_URL_FILE: join(folder, 'redis') }).redis.url).toBe(
      'redis://:pw@127.0.0.1:6379',
    );
  });

  it('refuses a missing file, an empty one, and both ways at once', () => {
    expect(problemsOf([redisConfig], { REDIS_URL_FILE: join(folder, 'none') })[0]).toContain('cannot be read (ENOENT)');
    expect(problemsOf([redisConfig], { REDIS_URL_FILE: join(folder, 'blank') })[0]).toContain('is empty');
    const both = { REDIS_URL_FILE: join(folder, 'redis'), REDIS_URL: 'redis://127.0.0.1' };
    expect(problemsOf([redisConfig], both)[0]).toContain('REDIS_URL and REDIS_URL_FILE are both set');
  });

  it('is only for secrets', () => {
    expect(loadConfig([httpConfig], { PORT_FILE: join(folder, 'none') }).http.port).toBe(3000);
  });
});
