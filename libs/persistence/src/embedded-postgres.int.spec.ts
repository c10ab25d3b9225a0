// takes: 39 s
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { freePort } from './free-port.js';
import { choosePostgresAccount } from './postgres-account.js';
import { locatePostgres } from './postgres-binaries.js';
import { isAlive, waitForExit } from './process-probe.js';

const root = process.getuid?.() === 0;
const sources = dirname(fileURLToPath(import.meta.url));
/** Below node_modules, so that the programs of the spec find their packages. Closed to others, as a home folder is. */
const programs = join(dirname(sources), 'node_modules', `.owner-${process.pid}`);

let folder: string;
let dataDir: string;
const servers: EmbeddedPostgres[] = [];
const owners: ChildProcess[] = [];

beforeAll(compilePrograms);
afterAll(() => rmSync(programs, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-pg-'));
  dataDir = join(folder, 'postgres');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const owner of owners.splice(0)) owner.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** The spec's other processes run plain Node: the sources without their types, and a program that owns a server until it is killed. */
function compilePrograms(): void {
  mkdirSync(programs, { recursive: true });
  for (const name of readdirSync(sources).filter((file) => /^[a-z-]+\.ts$/.test(file))) {
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(readFileSync(join(sources, name), 'utf8'), { compilerOptions });
    writeFileSync(join(programs, name.replace(/\.ts$/, '.js')), outputText);
  }
  writeFileSync(join(programs, 'package.json'), '{ "type": "module" }');
  const owner = `import { startEmbeddedPostgres } from './embedded-postgres.js';
    const { pid, url } = await startEmbeddedPostgres(JSON.parse(process.argv[2]));
    console.log(JSON.stringify({ pid, url }));`;
  writeFileSync(join(programs, 'owner.js'), owner);
}

const ownedServer = z.object({ pid: z.number(), url: z.string() });

async function startInOtherProcess(options: { dataDir: string; dieWithParent?: boolean }) {
  const owner = spawn(process.execPath, [join(programs, 'owner.js'), JSON.stringify({ ...options, durable: false })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(owner);
  const [line] = await once(createInterface({ input: owner.stdout }), 'line');
  return { owner, ...ownedServer.parse(JSON.parse(String(line))) };
}

async function start(options: { port?: number; log?: (line: string) => void } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, durable: false, ...options });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const remember = (url: string): Promise<unknown> => query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
const recall = (url: string): Promise<unknown> => query(url, 'SELECT answer FROM kept');
const kept = [{ answer: 42 }];

async function kill(owner: ChildProcess): Promise<void> {
  const gone = once(owner, 'exit');
  owner.kill('SIGKILL');
  await gone;
}

describe('a life', () => {
  test('starts, keeps its data and its password over a restart, and stops twice without complaint', async () => {
    const first = await start();
    expect(first.port).toBeLessThan(32_768);
    await remember(first.url);
    await first.stop();
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start({ port: first.port });
    expect(second.url).toBe(first.url);
    expect(await recall(second.url)).toEqual(kept);
  });

  test('commits durably unless a test asks otherwise, and sorts the same everywhere', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    servers.push(server);
    const rows = await query(
      server.url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync, current_setting('full_page_writes') AS pages,
         current_setting('listen_addresses') AS host, current_setting('unix_socket_directories') AS sockets,
         (SELECT string_agg(v, '' ORDER BY v) FROM (VALUES ('b'), ('B'), ('a'), ('ä')) x(v)) AS sorted`,
    );
    expect(rows).toEqual([{ fsync: 'on', sync: 'on', pages: 'on', host: '127.0.0.1', sockets: '', sorted: 'Babä' }]);
  });

  test('refuses whoever does not know the password, which nobody else can read', async () => {
    const server = await start();
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.toString(), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'parlance.password')).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  test('stops promptly with clients connected and a transaction open', async () => {
    const server = await start();
    const client = new pg.Client({ connectionString: server.url });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('BEGIN; SELECT 1');
    await server.stop();
    await cut;
    expect(isAlive(server.pid)).toBe(false);
  });

  test('a server that dies by itself says so, and starts again on its data', async () => {
    const first = await start();
    await remember(first.url);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    expect(await recall((await start()).url)).toEqual(kept);
  });

  test.runIf(root)('as root it runs as another user, also below a folder that user may not enter', async () => {
    chmodSync(folder, 0o700);
    const server = await start();
    const owner = statSync(dataDir).uid;
    expect(owner).not.toBe(0);
    expect(statSync(`/proc/${server.pid}`).uid).toBe(owner);
    await remember(server.url);
  });
});

describe('killed owners', () => {
  test.runIf(process.platform === 'linux')(
    'the server of a killed owner ends by itself and keeps its data',
    async () => {
      const { owner, pid, url } = await startInOtherProcess({ dataDir });
      await remember(url);
      await kill(owner);
      expect(await waitForExit(pid, 20_000)).toBe(true);
      expect(await recall((await start()).url)).toEqual(kept);
    },
  );

  test('a server that outlived its owner is stopped by the next start, which finds the data', async () => {
    const { owner, pid, url } = await startInOtherProcess({ dataDir, dieWithParent: false });
    await remember(url);
    await kill(owner);
    expect(isAlive(pid)).toBe(true);
    const lines: string[] = [];
    const server = await start({ log: (line) => lines.push(line) });
    expect(isAlive(pid)).toBe(false);
    expect(lines.join('\n')).toContain(`pid ${pid}`);
    expect(await recall(server.url)).toEqual(kept);
  });

  test('what a killed first start left half-made is cleared away', async () => {
    mkdirSync(`${dataDir}.draft`);
    writeFileSync(join(`${dataDir}.draft`, 'PG_VERSION'), '18');
    writeFileSync(`${dataDir}.draft-password`, 'x');
    await remember((await start()).url);
    expect(readdirSync(folder).sort()).toEqual(['postgres', 'postgres.lock']);
  });

  test('a pid file whose pid now belongs to another program is no obstacle', async () => {
    await (await start()).stop();
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n1\n\n127.0.0.1\n`);
    await remember((await start()).url);
  });

  test("a dead owner's lock is taken over by exactly one of many", async () => {
    const { owner } = await startInOtherProcess({ dataDir });
    await kill(owner);
    const outcomes = await Promise.allSettled([start(), start(), start()]);
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });
});

describe('refusals', () => {
  test('a folder in use by this process or another names the owner', async () => {
    const { owner, url } = await startInOtherProcess({ dataDir });
    await expect(start()).rejects.toMatchObject({
      code: 'data-folder-taken',
      message: expect.stringContaining(`pid ${owner.pid}`),
    });
    await query(url, 'SELECT 1');
    await kill(owner);
    await start();
    await expect(start()).rejects.toMatchObject({ message: expect.stringContaining(`pid ${process.pid}`) });
  });

  test('a Postgres that somebody else runs on the folder is left alone', async () => {
    await (await start()).stop();
    const program = locatePostgres().postgres;
    const port = await freePort();
    const args = ['-D', dataDir, '-p', String(port), '-c', 'unix_socket_directories='];
    const { file, args: argv, uid, gid } = choosePostgresAccount(dataDir, program).command(program, args);
    const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
    const other = spawn(file, [...argv], { ...identity, cwd: '/', stdio: 'ignore' });
    await expect.poll(() => existsSync(join(dataDir, 'postmaster.pid')), { timeout: 20_000 }).toBe(true);
    await expect(start()).rejects.toMatchObject({
      code: 'data-folder-taken',
      message: expect.stringContaining(`pid ${other.pid}`),
    });
    expect(other.exitCode).toBeNull();
    const gone = once(other, 'exit');
    other.kill('SIGINT');
    await gone;
  });

  test('a taken port is named', async () => {
    const holder = createServer();
    const port = await freePort();
    await once(holder.listen(port, '127.0.0.1'), 'listening');
    await expect(start({ port })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`${port}`),
    });
    await new Promise((resolve) => holder.close(resolve));
    await start({ port });
  });

  test('a folder that cannot be written to', async () => {
    writeFileSync(join(folder, 'file'), '');
    dataDir = join(folder, 'file', 'postgres');
    await expect(start()).rejects.toMatchObject({ code: 'data-folder-not-writable' });
    const closed = root ? '/sys' : join(folder, 'closed');
    if (!root) mkdirSync(closed, { mode: 0o555 });
    dataDir = join(closed, 'postgres');
    const refused = start();
    await expect(refused).rejects.toMatchObject({ code: 'data-folder-not-writable' });
    await expect(refused).rejects.toThrow('DATABASE_URL');
  });

  test('data of another major version', async () => {
    await (await start()).stop();
    writeFileSync(join(dataDir, 'PG_VERSION'), '16\n');
    await expect(start()).rejects.toMatchObject({
      code: 'data-folder-version',
      message: expect.stringContaining('Postgres 16'),
    });
  });

  test('a folder with something else in it is not touched', async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'thesis.txt'), 'mine');
    await expect(start()).rejects.toMatchObject({ code: 'data-folder-foreign' });
    expect(readdirSync(dataDir)).toEqual(['thesis.txt']);
    rmSync(join(dataDir, 'thesis.txt'));
    await start();
  });
});
