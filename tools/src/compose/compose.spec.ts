import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { composeProblems, runningApps } from './compose-check.js';
import { readCompose } from './compose-file.js';

const ROOT = join(import.meta.dirname, '../../..');
const TEXT = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
/** The whole stack in one process, the launcher of a machine's own servers, scenarios. */
const NO_SERVICE = ['standalone', 'cluster', 'e2e'];
const APPS = readdirSync(join(ROOT, 'apps')).filter((name) => !NO_SERVICE.includes(name));
const EXIT_CONFIG = 78;

let secrets: string;
beforeAll(() => {
  secrets = mkdtempSync(join(tmpdir(), 'parlance-secrets-'));
});
afterAll(() => rmSync(secrets, { recursive: true, force: true }));

function makeSecrets(...args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const program = join(ROOT, 'tools/src/compose/make-secrets.mjs');
  return spawnSync(process.execPath, [program, secrets, ...args], { encoding: 'utf8' });
}

const valuesOf = (): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(secrets).map((name) => [name, readFileSync(join(secrets, name), 'utf8')]));

describe('the secrets of an installation', () => {
  it('are not made where others are let in and anybody knows the keys', () => {
    for (const bind of ['0.0.0.0', '192.168.1.5', '::']) {
      const { status, stderr } = makeSecrets(bind, 'true');
      expect(status).toBe(EXIT_CONFIG);
      expect(stderr).toContain('PARLANCE_DEMO=false');
    }
    expect(readdirSync(secrets)).toEqual([]);
  });

  it('are made once, each another, and stay', () => {
    expect(makeSecrets().status).toBe(0);
    const made = valuesOf();
    expect(new Set(Object.values(made)).size).toBe(Object.keys(made).length);
    for (const value of Object.values(made)) expect(value.length).toBeGreaterThanOrEqual(32);
    expect(made['turnserver.conf']).toContain(`static-auth-secret=${made['turn-secret']}\n`);
    expect(made['database-url']).toContain(`:${made['database-password']}@postgres:`);
    expect(makeSecrets('0.0.0.0', 'false').status).toBe(0);
    expect(valuesOf()).toEqual(made);
  });

  it('cannot be changed by those that read them', () => {
    for (const name of readdirSync(secrets)) expect(statSync(join(secrets, name)).mode & 0o222).toBe(0);
  });
});

describe('docker-compose.yml', () => {
  it('runs every app, with what its declaration knows and needs', () => {
    expect(composeProblems(readCompose(TEXT), { apps: APPS, secrets })).toEqual([]);
  });

  it('is as good with the values of an installation that others reach', () => {
    const variables = {
      PARLANCE_DEMO: 'false',
      PARLANCE_PUBLIC_URL: 'https://chat.example.org',
      PARLANCE_TURN_URIS: 'turn:turn.example.org:3478?transport=udp',
    };
    expect(composeProblems(readCompose(TEXT, variables), { apps: APPS, secrets })).toEqual([]);
  });

  it('lets others in only where it is told to', () => {
    const ports = (variables: Readonly<Record<string, string>>) =>
      Object.values(readCompose(TEXT, variables).services).flatMap((service) => service.ports);
    expect(ports({})).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:9090:9090']);
    expect(ports({ PARLANCE_BIND: '0.0.0.0' })).toEqual(['0.0.0.0:3000:3000', '127.0.0.1:9090:9090']);
  });

  it('names gateways by the addresses at which they reach each other', () => {
    const gateways = runningApps(readCompose(TEXT)).filter(({ app }) => app.name === 'gateway');
    expect(gateways).toHaveLength(2);
    for (const { service, is } of gateways)
      expect(is.environment['PARLANCE_GATEWAY_URL']).toBe(`http://${service}:3000`);
  });

  it('has nothing that one of the compose programs does not know', () => {
    const Top = z.strictObject({ services: z.unknown(), volumes: z.unknown() });
    const top: unknown = parse(TEXT, { merge: true });
    const keys = Object.entries(z.looseObject({}).parse(top)).filter(([key]) => !key.startsWith('x-'));
    expect(() => Top.parse(Object.fromEntries(keys))).not.toThrow();
  });

  it('starts one of each server that it names a volume for', () => {
    const { services, volumes } = readCompose(TEXT);
    const mounted = Object.values(services).flatMap((service) => service.volumes.map((one) => one.split(':')[0]));
    expect(Object.keys(volumes).filter((name) => !mounted.includes(name))).toEqual([]);
  });
});

describe('the check', () => {
  const plant = (from: string | RegExp, to: string): readonly string[] => {
    const planted = TEXT.replace(from, to);
    expect(planted).not.toBe(TEXT);
    return composeProblems(readCompose(planted), { apps: APPS, secrets });
  };

  it.each([
    ['apps/call/dist', 'apps/presence/dist', 'no service runs call'],
    ['PARLANCE_TRUST_PROXY', 'PARLANCE_TRUST_PROXIES', 'gateway-0: PARLANCE_TRUST_PROXIES is no setting of gateway'],
    ['/run/parlance/master-key', '/run/parlance/none', 'PARLANCE_MASTER_KEY_FILE'],
    [
      'PARLANCE_MASTER_KEY_FILE: /run/parlance/master-key',
      `PARLANCE_MASTER_KEY: ${'open '.repeat(10)}`,
      'identity: PARLANCE_MASTER_KEY is a secret and is given openly',
    ],
    ['read_only: true', 'read_only: false', 'message: writes to its image'],
    ['- ALL', '- CHOWN', 'message: keeps capabilities'],
    ['stop_grace_period: 90s', 'stop_grace_period: 30s', 'api: may be killed before its shutdown is over'],
    ['service_completed_successfully\n    nats', 'service_started\n    nats', 'starts before its tables are there'],
    ['max-size: 10m', 'mode: blocking', 'postgres: its log has no bound'],
    ['127.0.0.1:${PARLANCE_PROMETHEUS_PORT', '${PARLANCE_PROMETHEUS_PORT', 'prometheus: lets others than this machine'],
  ])('finds %s in the place of %s', (from, to, problem) => {
    expect(plant(from, to).join('\n')).toContain(problem);
  });

  it('finds an app that is not looked after', () => {
    const off = "command: ['node', 'apps/api/dist/main.js']\n    healthcheck: { disable: true }";
    expect(plant("command: ['node', 'apps/api/dist/main.js']", off)).toEqual(['api: has no health check']);
  });
});

describe('the proxy and Prometheus', () => {
  const running = runningApps(readCompose(TEXT)).filter(({ app }) => app.distributed);

  it('know every gateway', () => {
    const config = readFileSync(join(ROOT, 'tools/compose/haproxy.cfg'), 'utf8');
    const known = [...config.matchAll(/^ {2}server (\S+) (\S+)$/gm)].map(([, name, address]) => [name, address]);
    const gateways = running.filter(({ app }) => app.name === 'gateway');
    expect(known).toEqual(gateways.map(({ service }) => [service, `${service}:3000`]));
  });

  it('ask every app for its metrics', () => {
    const Scrape = z.object({
      scrape_configs: z.tuple([
        z.object({
          job_name: z.literal('parlance'),
          static_configs: z.array(z.object({ targets: z.array(z.string()) })),
        }),
      ]),
    });
    const config: unknown = parse(readFileSync(join(ROOT, 'tools/compose/prometheus.yml'), 'utf8'));
    const asked = Scrape.parse(config).scrape_configs[0].static_configs.flatMap(({ targets }) => targets);
    expect(asked.sort()).toEqual(running.map(({ service }) => `${service}:3000`).sort());
  });
});
