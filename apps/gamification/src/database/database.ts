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

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly log: (line: string) => void;
}

const ATTEMPTS = 3;

/** The gamification service's pool. */
export class Database {
  readonly #persistence: Persistence;

  constructor(options: DatabaseOptions) {
    this.#persistence = createPersistence(options);
  }

  get sql(): Sql {
    return this.#persistence.prisma;
  }

  /** One transaction; deadlocks and serialization failures are repeated, so `work` must do nothing but SQL. */
  async transaction<T>(work: (sql: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#persistence.prisma.$transaction(work);
      } catch (error) {
        if (attempt >= ATTEMPTS || !isRetryableConflict(error)) throw error;
      }
    }
  }

  async ping(): Promise<void> {
    await this.#persistence.ping();
  }

  async close(): Promise<void> {
    await this.#persistence.close();
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
