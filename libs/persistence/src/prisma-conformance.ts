import { ParlanceError } from '@parlance/domain';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConformanceServer } from './conformance-server.js';
import { createDatabase } from './create-database.js';
import { freePort } from './free-port.js';
import { isRetryableConflict, sqlState, uniqueViolation } from './pg-errors.js';
import { createPersistence } from './prisma.js';
import type { Persistence } from './prisma.js';

/** What repositories may rely on, whichever Postgres it is: how it fails, and how it is told. */
export function prismaConformance(name: string, start: () => Promise<ConformanceServer>): void {
  describe(`${name}: what repositories rely on`, () => {
    let server: ConformanceServer;
    let url: string;
    let admin: pg.Client;
    const open: Persistence[] = [];

    beforeAll(async () => {
      server = await start();
      url = await createDatabase(server.url, 'errors');
      admin = new pg.Client({ connectionString: url });
      await admin.connect();
      await admin.query(
        'CREATE TABLE thing (tenant text, id text, note text, CONSTRAINT thing_once UNIQUE (tenant, id))',
      );
      await admin.query(`INSERT INTO thing VALUES ('t', 'a', ''), ('t', 'b', '')`);
    }, 60_000);

    afterEach(async () => {
      for (const persistence of open.splice(0)) await persistence.close();
    });

    afterAll(async () => {
      await admin.end();
      await server.stop();
    });

    function connect(
      overrides: { url?: string; maxConnections?: number; log?: (line: string) => void } = {},
    ): Persistence {
      const persistence = createPersistence({ url, maxConnections: 4, ...overrides });
      open.push(persistence);
      return persistence;
    }

    async function failure(work: Promise<unknown>): Promise<unknown> {
      return work.then(
        () => expect.unreachable('it should have failed'),
        (error: unknown) => error,
      );
    }

    const unavailable = expect.objectContaining({ name: 'ParlanceError', code: 'unavailable', retryable: true });
    const kill = (pid: number): Promise<unknown> => admin.query('SELECT pg_terminate_backend($1, 5000)', [pid]);

    async function backendPid(prisma: Pick<Persistence['prisma'], '$queryRaw'>): Promise<number> {
      const [row] = await prisma.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      return row?.pid ?? expect.unreachable('no pid');
    }

    async function untilWaiting(query: string): Promise<void> {
      const sql = `SELECT FROM pg_stat_activity WHERE wait_event IS NOT NULL AND state = 'active' AND query LIKE $1`;
      await expect.poll(async () => (await admin.query(sql, [`%${query}%`])).rowCount, { timeout: 10_000 }).toBe(1);
    }

    describe('a database that is not there', () => {
      test('a raw query, a transaction and a ping are refused as unavailable', async () => {
        const persistence = connect({ url: `postgresql://nobody@127.0.0.1:${await freePort()}/none` });
        expect(await failure(persistence.prisma.$queryRaw`SELECT 1`)).toEqual(unavailable);
        expect(await failure(persistence.prisma.$transaction(async (tx) => tx.$queryRaw`SELECT 1`))).toEqual(
          unavailable,
        );
        expect(await failure(persistence.ping())).toEqual(unavailable);
      });

      test('a query whose backend is killed is unavailable, and the next one works', async () => {
        const { prisma, ping } = connect({ maxConnections: 1 });
        const pid = await backendPid(prisma);
        const outcome = failure(prisma.$queryRaw`SELECT pg_sleep(60)::text AS killed_query`);
        await untilWaiting('killed_query');
        await kill(pid);
        expect(await outcome).toEqual(unavailable);
        await ping();
      });

      test('a connection killed while idle is logged and replaced', async () => {
        const lines: string[] = [];
        const { prisma, ping } = connect({ maxConnections: 1, log: (line) => lines.push(line) });
        await kill(await backendPid(prisma));
        await expect.poll(() => lines).toEqual([expect.stringContaining('lost while idle')]);
        await ping();
      });

      test('a transaction that loses its connection is unavailable, in a query and at COMMIT', async () => {
        const lines: string[] = [];
        const { prisma, ping } = connect({ log: (line) => lines.push(line) });
        const lose = async (tx: Pick<Persistence['prisma'], '$queryRaw'>): Promise<void> => {
          const before = lines.length;
          await kill(await backendPid(tx));
          await expect.poll(() => lines.length).toBeGreaterThan(before);
        };
        const inQuery = prisma.$transaction(async (tx) => {
          await lose(tx);
          return tx.$queryRaw`SELECT 1`;
        });
        expect(await failure(inQuery)).toEqual(unavailable);
        expect(await failure(prisma.$transaction(lose))).toEqual(unavailable);
        await ping();
      });

      test('when all connections are busy, a query waits for a bounded time and is then unavailable', async () => {
        const { prisma } = connect({ maxConnections: 1 });
        const held = prisma.$transaction(async (tx) => {
          await tx.$queryRaw`SELECT 1`;
          return failure(prisma.$queryRaw`SELECT 2`);
        });
        expect(await held).toEqual(unavailable);
      });

      test('the cause is kept for the log', async () => {
        const error = await failure(
          connect({ url: `postgresql://x@127.0.0.1:${await freePort()}/x` }).prisma.$queryRaw`SELECT 1`,
        );
        expect(error).toBeInstanceOf(ParlanceError);
        expect(error).toHaveProperty('cause');
      });
    });

    describe('conflicts', () => {
      test('a unique violation names its constraint and table', async () => {
        const { prisma } = connect();
        const error = await failure(prisma.$executeRaw`INSERT INTO thing VALUES ('t', 'a', 'again')`);
        expect(uniqueViolation(error)).toEqual({ constraint: 'thing_once', table: 'thing', fields: [] });
        expect(isRetryableConflict(error)).toBe(false);
        expect(uniqueViolation(await failure(admin.query(`INSERT INTO thing VALUES ('t', 'a', '')`)))).toMatchObject({
          constraint: 'thing_once',
          table: 'thing',
        });
      });

      test('of two transactions that lock in opposite order one ends with a retryable conflict', async () => {
        const { prisma } = connect();
        const barrier = new Barrier(2);
        const locker = (first: string, second: string): Promise<unknown> =>
          prisma.$transaction(async (tx) => {
            await tx.$executeRaw`UPDATE thing SET note = 'x' WHERE id = ${first}`;
            await barrier.arrive();
            await tx.$executeRaw`UPDATE thing SET note = 'y' WHERE id = ${second}`;
          });
        const outcomes = await Promise.allSettled([locker('a', 'b'), locker('b', 'a')]);
        const errors = outcomes.flatMap((outcome): unknown[] =>
          outcome.status === 'rejected' ? [outcome.reason] : [],
        );
        expect(errors).toHaveLength(1);
        expect(sqlState(errors[0])).toBe('40P01');
        expect(isRetryableConflict(errors[0])).toBe(true);
      });

      test('a serialization failure is a retryable conflict', async () => {
        const { prisma } = connect();
        const work = prisma.$transaction(
          async (tx) => {
            await tx.$queryRaw`SELECT note FROM thing WHERE id = 'a'`;
            await admin.query(`UPDATE thing SET note = 'between' WHERE id = 'a'`);
            await tx.$executeRaw`UPDATE thing SET note = 'after' WHERE id = 'a'`;
          },
          { isolationLevel: 'RepeatableRead' },
        );
        expect(isRetryableConflict(await failure(work))).toBe(true);
      });

      test('an error of the statement itself is neither unavailable nor a conflict', async () => {
        const error = await failure(connect().prisma.$queryRaw`SELECT 1 / 0`);
        expect(sqlState(error)).toBe('22012');
        expect(error).not.toBeInstanceOf(ParlanceError);
        expect(isRetryableConflict(error)).toBe(false);
        expect(uniqueViolation(error)).toBeUndefined();
      });
    });

    test('a statement repeated on one connection is prepared once, under a name', async () => {
      const { prisma } = connect({ maxConnections: 1 });
      for (let n = 0; n < 3; n += 1) await prisma.$queryRaw`SELECT ${n}::int AS prepared_once`;
      const rows = await prisma.$queryRaw<
        { name: string }[]
      >`SELECT name FROM pg_prepared_statements WHERE statement LIKE '%prepared_once%'`;
      expect(rows).toHaveLength(1);
    });
  });
}

/** Lets `size` callers go on together. */
class Barrier {
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly size: number) {}

  arrive(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === this.size) for (const go of this.waiting) go();
    });
  }
}
