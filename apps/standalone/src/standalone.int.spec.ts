// takes: 34 s
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@parlance/persistence';
import {
  ChildApp,
  isAlive,
  makeTempFolder,
  startStandalone,
  type StandaloneStack,
  type TempFolder,
} from '@parlance/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const KEY = { authorization: 'Bearer demo-secret-key', 'content-type': 'application/json' };

async function putUser(url: string, id: string): Promise<number> {
  const body = JSON.stringify({ name: id });
  return (await fetch(`${url}/api/v1/users/${id}`, { method: 'PUT', headers: KEY, body })).status;
}

async function getUser(url: string, id: string): Promise<unknown> {
  return (await fetch(`${url}/api/v1/users/${id}`, { headers: KEY })).json();
}

describe('npm start', () => {
  let folder: TempFolder;
  let stack: StandaloneStack;

  beforeAll(async () => {
    folder = makeTempFolder();
    stack = await startStandalone({ dataDir: join(folder.path, 'data') });
  });

  afterAll(async () => {
    await stack.stop();
    folder.remove();
  });

  it('is ready, and says where it is, how to log in and what to do next', async () => {
    const answer = await fetch(`${stack.url}/health/ready`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, missing: [] }]);
    expect(stack.log()).toContain(`Parlance is ready at ${stack.url}`);
    for (const key of ['demo-secret-key', 'demo-public-key', 'demo-operator-key']) expect(stack.log()).toContain(key);
    expect(stack.log()).toContain('npm run demo');
  });

  it('keeps its secrets to the owner', () => {
    expect(statSync(join(folder.path, 'data', 'secrets.json')).mode & 0o077).toBe(0);
  });

  it('keeps what was stored over a restart', async () => {
    expect(await putUser(stack.url, 'restart')).toBeLessThan(300);
    await stack.restart();
    expect(await getUser(stack.url, 'restart')).toMatchObject({ id: 'restart' });
  });

  it('keeps what was stored over a SIGKILL', async () => {
    expect(await putUser(stack.url, 'killed')).toBeLessThan(300);
    await stack.kill9();
    await stack.restart();
    expect(await getUser(stack.url, 'killed')).toMatchObject({ id: 'killed' });
  });

  it('refuses to run on the same data folder twice, in one line', async () => {
    const second = new ChildApp('standalone', { PORT: '0', PARLANCE_DATA_DIR: join(folder.path, 'data') });
    expect(await second.ended).toBe(1);
    expect(second.errors).toEqual([
      expect.stringMatching(
        new RegExp(`^parlance standalone: Already running, pid ${stack.pid}: .* choose another folder\\.$`),
      ),
    ]);
  });

  it('ends with one line when its database is killed, and starts again on the same data', async () => {
    expect(await putUser(stack.url, 'survivor')).toBeLessThan(300);
    const pidFile = readFileSync(join(folder.path, 'data', 'postgres', 'postmaster.pid'), 'utf8');
    process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL');
    expect(await stack.ended).toBe(1);
    expect(stack.errors).toEqual([expect.stringMatching(/^parlance standalone: the embedded Postgres has ended\./)]);
    await stack.restart();
    expect(await getUser(stack.url, 'survivor')).toMatchObject({ id: 'survivor' });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and exits 0', async (signal) => {
    const { pid } = stack;
    expect(await stack.end(signal)).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(stack.errors).toEqual([]);
    await stack.restart();
  });
});

describe('npm start that cannot', () => {
  let folder: TempFolder;
  const apps: ChildApp[] = [];

  beforeEach(() => {
    folder = makeTempFolder();
  });

  afterEach(async () => {
    await Promise.all(apps.splice(0).map(async (app) => app.end('SIGKILL')));
    folder.remove();
  });

  function start(env: Readonly<Record<string, string>>): ChildApp {
    const app = new ChildApp('standalone', { PORT: '0', PARLANCE_ENV: 'test', PARLANCE_DATA_DIR: folder.path, ...env });
    apps.push(app);
    return app;
  }

  it('names a taken port and the remedy in one line', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const app = start({ PORT: String(port) });
    expect(await app.ended).toBe(1);
    server.close();
    expect(app.errors).toEqual([
      `parlance standalone: port ${port} on 127.0.0.1 is already in use. Stop the program that uses it, or choose another with PORT=<number>.`,
    ]);
  });

  it('names a folder that cannot be used and the remedy in one line', async () => {
    // A file where a folder should be stops every user, root too.
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    const app = start({ PARLANCE_DATA_DIR: join(file, 'data') });
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([
      expect.stringMatching(/^parlance standalone: the data folder .* cannot be used .*PARLANCE_DATA_DIR\.$/),
    ]);
  });

  it('names damaged secrets in one line', async () => {
    writeFileSync(join(folder.path, 'secrets.json'), '{');
    const app = start({});
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([expect.stringMatching(/secrets\.json is damaged\. Restore it/)]);
  });

  it('names a folder that holds something else in one line', async () => {
    mkdirSync(join(folder.path, 'postgres'));
    writeFileSync(join(folder.path, 'postgres', 'notes.txt'), '');
    const app = start({});
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([expect.stringMatching(/not a Postgres data folder\. .*empty it\.$/)]);
  });

  it('names each bad setting in a line of its own and exits 78', async () => {
    const app = start({ PARLANCE_DEMMO: 'true', LOG_LEVEL: 'loud', PARLANCE_LIMIT_TEXT_CHARS: 'many' });
    expect(await app.ended).toBe(78);
    expect(app.errors.toSorted()).toEqual([
      expect.stringMatching(/LOG_LEVEL must be one of .* but is "loud"/),
      expect.stringMatching(/PARLANCE_DEMMO is not a setting\. Did you mean PARLANCE_DEMO\?/),
      expect.stringMatching(/PARLANCE_LIMIT_TEXT_CHARS must be a whole number/),
    ]);
  });

  it('names a database that does not answer in one line', async () => {
    const app = start({ DATABASE_URL: `postgresql://nobody:secret@127.0.0.1:${await freePort()}/none` });
    expect(await app.ended).toBe(1);
    expect(app.errors).toEqual([
      expect.stringMatching(/Cannot connect to Postgres at 127\.0\.0\.1.*correct DATABASE_URL\.$/),
    ]);
    expect(app.log).not.toContain('secret@');
  });
});
