import type { ComposeStack } from '@parlance/testing';
import { expect, it } from 'vitest';
import { migrations } from './image.cases.js';

/** What runs an app of ours until it is told to end. */
const APPS = ['identity', 'message', 'presence', 'call', 'gamification', 'api', 'gateway-0', 'gateway-1'] as const;
const SERVERS = ['postgres', 'redis', 'nats', 'proxy'] as const;
const NO_CAPABILITIES = '0000000000000000';

/** How the containers are, seen from their engine; `stack` is asked when a case runs. */
export function containerCases(stack: () => ComposeStack): void {
  it('are all healthy', async () => {
    for (const service of [...APPS, ...SERVERS])
      expect(await stack().container(service)).toMatchObject({ running: true, health: 'healthy' });
  });

  it.each(APPS)('%s is Node alone, without rights, which can write nowhere but to /tmp', async (service) => {
    const { readOnly, user, droppedCapabilities, securityOptions } = await stack().container(service);
    expect({ readOnly, user, droppedCapabilities }).toEqual({
      readOnly: true,
      user: '1000:1000',
      droppedCapabilities: ['ALL'],
    });
    expect(securityOptions).toContain('no-new-privileges:true');
    const looks = ['id -u', 'cat /proc/1/comm', 'grep -E ^CapEff: /proc/1/status', 'touch /tmp/x && echo may'];
    const { stdout } = await stack().exec(service, 'sh', '-c', looks.join(' && '));
    expect(stdout.split(/\s+/)).toEqual(['1000', 'node', 'CapEff:', NO_CAPABILITIES, 'may', '']);
    expect((await stack().exec(service, 'touch', '/app/x')).code).not.toBe(0);
  });

  it('have applied all migrations before the services started', async () => {
    expect(await stack().container('migrate')).toMatchObject({ running: false, exitCode: 0 });
    const query = 'SELECT migration_name FROM public._prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1';
    const { stdout } = await stack().exec('postgres', 'psql', '-U', 'parlance', '-At', '-c', query);
    expect(stdout.trim().split('\n')).toEqual(migrations());
  });

  it('have secrets of their own, which stay when it is started again', async () => {
    const secrets = async (): Promise<string> =>
      (await stack().exec('message', 'sh', '-c', 'cd /run/parlance && head -n 9 *')).stdout;
    const [before, containers] = [await secrets(), await stack().containers()];
    expect(before.match(/^==> \S+ <==$/gm)?.length).toBeGreaterThanOrEqual(8);
    await stack().up();
    expect(await secrets()).toBe(before);
    const ids = containers.filter(({ running }) => running).map(({ id }) => id);
    const now = (await stack().containers()).filter(({ running }) => running).map(({ id }) => id);
    expect(now.sort()).toEqual(ids.sort());
  });

  it('are reached at the loopback alone, by the proxy and Prometheus', async () => {
    const published = (await stack().containers()).filter((one) => one.published.length > 0);
    expect(published.map(({ service }) => service).sort()).toEqual(['prometheus', 'proxy']);
    for (const one of published) expect(one.published.every((at) => at.startsWith('127.0.0.1:'))).toBe(true);
  });

  it('do not take a password that is not theirs for the database', async () => {
    const url = 'postgresql://parlance:parlance@postgres:5432/parlance';
    const { code, stderr } = await stack().exec('postgres', 'psql', url, '-c', 'SELECT 1');
    expect(code).not.toBe(0);
    expect(stderr).toContain('password authentication failed');
  });
}
