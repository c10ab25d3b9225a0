// needs: redis-server, nats-server
// takes: 85 s
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { ChildApp, isAlive, makeTempFolder, startCluster, type ClusterStack, type TempFolder } from '@parlance/testing';
import { freePort } from '@parlance/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const KEY = { authorization: 'Bearer demo-secret-key', 'content-type': 'application/json' };

async function putUser(url: string, id: string): Promise<number> {
  const body = JSON.stringify({ name: id });
  return (await fetch(`${url}/api/v1/users/${id}`, { method: 'PUT', headers: KEY, body })).status;
}

async function getUser(url: string, id: string): Promise<unknown> {
  return (await fetch(`${url}/api/v1/users/${id}`, { headers: KEY })).json();
}

async function allGone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
}

/** One data folder for all: each cluster also proves that it takes over from the one before. */
const data = makeTempFolder();

afterAll(() => data.remove());

describe('a running cluster', () => {
  let cluster: ClusterStack;

  beforeAll(async () => {
    cluster = await startCluster({ dataDir: data.path });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  it('has two gateways that are ready, and says where they are and how to go on', async () => {
    const [first, second] = cluster.gateways;
    for (const url of [first, second]) {
      const answer = await fetch(`${url}/health/ready`);
      expect([answer.status, await answer.json()]).toEqual([200, { ready: true, missing: [] }]);
    }
    expect(cluster.log()).toContain(`Parlance is ready at ${first} and ${second}`);
    expect(cluster.log()).toContain('demo-secret-key');
    expect(cluster.log()).toContain('npm run demo');
  });

  it('serves REST at each gateway', async () => {
    for (const [index, url] of cluster.gateways.entries()) {
      expect(await putUser(url, `user-${index}`)).toBeLessThan(300);
    }
    expect(await getUser(cluster.gateways[0], 'user-1')).toMatchObject({ id: 'user-1' });
  });

  it.each(['message-0', 'gateway-1', 'identity-0', 'api', 'nats', 'redis', 'postgres'])(
    'starts %s again after a SIGKILL and serves as before',
    async (victim) => {
      const before = cluster.pids();
      await cluster.strike(victim);
      expect(cluster.pids().filter((pid) => !before.includes(pid))).toHaveLength(1);
      for (const url of cluster.gateways) {
        await expect.poll(async () => putUser(url, `after-${victim}`), { timeout: 20_000 }).toBeLessThan(300);
      }
    },
  );

  it('refuses to run on the same data folder twice, in one line', async () => {
    const { pid, status } = cluster;
    const folder = cluster.dataDir;
    const second = new ChildApp('cluster', { PORT: '0', PARLANCE_DATA_DIR: folder });
    expect(await second.ended).toBe(1);
    expect(second.errors).toEqual([expect.stringContaining(`Already running, pid ${pid}`)]);
    expect(cluster.status).toEqual(status);
  });

  it('drains on SIGTERM, exits 0 and leaves no process', async () => {
    const pids = cluster.pids();
    expect(await putUser(cluster.gateways[0], 'keeper')).toBeLessThan(300);
    expect(await cluster.end('SIGTERM')).toBe(0);
    await allGone(pids);
    expect(cluster.errors).toEqual([]);
  });
});

describe('a cluster started again on its data', () => {
  let cluster: ClusterStack;

  beforeAll(async () => {
    const env = { PARLANCE_CLUSTER_RESTARTS_PER_MINUTE: '0' };
    cluster = await startCluster({ dataDir: data.path, env });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  it('still has what was stored', async () => {
    expect(await getUser(cluster.gateways.at(-1) ?? '', 'keeper')).toMatchObject({ id: 'keeper' });
  });

  it('stops with one line when a process ended too often', async () => {
    const pids = cluster.pids();
    await cluster.kill9('message-1');
    expect(await cluster.ended).toBe(1);
    expect(cluster.errors).toEqual([
      'parlance cluster: stopping, because message-1 was killed by SIGKILL, too often to start it again.',
    ]);
    await allGone(pids);
  });
});

describe('a cluster whose launcher is killed', () => {
  it('leaves no process', async () => {
    const cluster = await startCluster({ dataDir: data.path });
    const pids = cluster.pids();
    await cluster.end('SIGKILL');
    await allGone(pids);
    await cluster.stop();
  });
});

describe('a cluster that cannot start', () => {
  const servers: Server[] = [];
  const apps: ChildApp[] = [];
  const folders: TempFolder[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await Promise.all(apps.splice(0).map(async (app) => app.end('SIGKILL')));
    for (const folder of folders.splice(0)) folder.remove();
  });

  function start(env: Readonly<Record<string, string>>): ChildApp {
    const folder = makeTempFolder();
    folders.push(folder);
    const app = new ChildApp('cluster', { PORT: '0', PARLANCE_ENV: 'test', PARLANCE_DATA_DIR: folder.path, ...env });
    apps.push(app);
    return app;
  }

  it('names a missing server with its package in one line', async () => {
    const app = start({ PARLANCE_NATS_SERVER: '/nowhere/nats-server' });
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([
      'parlance cluster: nats-server is not installed. Install the package (Debian: apt-get install nats-server), or set NATS_URL.',
    ]);
  });

  it('names both missing servers in one line', async () => {
    const app = start({ PARLANCE_NATS_SERVER: '/nowhere/nats-server', PARLANCE_REDIS_SERVER: 'no-such-program' });
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([
      expect.stringMatching(
        /redis-server and nats-server are not installed\. .*apt-get install redis-server nats-server/,
      ),
    ]);
  });

  it('names a taken port of either gateway in one line', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const first of [port, port - 1]) {
      const app = start({ PORT: String(first) });
      expect(await app.ended).toBe(1);
      expect(app.errors).toEqual([expect.stringContaining(`port ${port} on 127.0.0.1 is already in use`)]);
    }
  });

  it.each([
    ['an unknown one', { PARLANCE_DEMMO: 'true' }, /PARLANCE_DEMMO is not a setting\. Did you mean PARLANCE_DEMO\?/],
    ['one of its own', { PARLANCE_DEMO: 'maybe' }, /PARLANCE_DEMO must be true or false/],
    ['one of an app', { PARLANCE_MESSAGE_LANES: 'many' }, /PARLANCE_MESSAGE_LANES must be a whole number/],
  ])('names a bad setting in one line and exits 78: %s', async (_, env, line) => {
    const app = start(env);
    expect(await app.ended).toBe(78);
    expect(app.errors).toEqual([expect.stringMatching(line)]);
  });
});
