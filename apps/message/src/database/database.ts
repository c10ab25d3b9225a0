import {
  createPersistence,
  isRetryableConflict,
  type Persistence,
  type Prisma,
  type PrismaClient,
} from '@parlance/persistence';
import { z } from 'zod';

/** What a query is run with: the client, or a transaction of it. */
export type Sql = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** One room inside one transaction. */
export interface RoomScope {
  readonly sql: Sql;
  readonly tenantId: string;
  readonly roomId: string;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  /** connections that only the send path uses, so that no slow list makes a message wait */
  readonly sendConnections: number;
  readonly log: (line: string) => void;
}

const ATTEMPTS = 3;

/** The message service's two pools. */
export class Database {
  readonly #main: Persistence;
  readonly #sends: Persistence;

  constructor({ url, maxConnections, sendConnections, log }: DatabaseOptions) {
    const rest = Math.max(2, maxConnections - sendConnections);
    this.#main = createPersistence({ url, maxConnections: rest, log });
    this.#sends = createPersistence({ url, maxConnections: sendConnections, log });
  }

  get sql(): Sql {
    return this.#main.prisma;
  }

  get sendSql(): Sql {
    return this.#sends.prisma;
  }

  /** One transaction; deadlocks and serialization failures are repeated, so `work` must do nothing but SQL. */
  async transaction<T>(work: (sql: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#main.prisma.$transaction(work);
      } catch (error) {
        if (attempt >= ATTEMPTS || !isRetryableConflict(error)) throw error;
      }
    }
  }

  async ping(): Promise<void> {
    await this.#main.ping();
  }

  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#sends.close()]);
  }
}

/** Rows as their schema says. */
export async function rowsOf<S extends z.ZodType>(schema: S, query: Promise<unknown>): Promise<z.output<S>[]> {
  return z.array(schema).parse(await query);
}

export async function rowOf<S extends z.ZodType>(schema: S, query: Promise<unknown>): Promise<z.output<S> | null> {
  const [row] = await rowsOf(schema, query);
  return row ?? null;
}

/** For a parameter that is cast to jsonb. */
export function jsonText(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
