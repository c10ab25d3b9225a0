import { z } from 'zod';
import type { Prisma, PrismaClient } from './generated/client.js';
import { isRetryableConflict } from './pg-errors.js';
import { createPersistence, type Persistence } from './prisma.js';

/** What a query is run with: the client, or a transaction of it. */
export type Sql = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly log: (line: string) => void;
}

const ATTEMPTS = 3;

/** A service's pool. */
export class Database {
  readonly #persistence: Persistence;

  constructor(options: DatabaseOptions) {
    this.#persistence = createPersistence(options);
  }

  get sql(): Sql {
    return this.#persistence.prisma;
  }

  /** Repeats what a deadlock or a serialization failure undid: `work` must do nothing but SQL. */
  async retrying<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt >= ATTEMPTS || !isRetryableConflict(error)) throw error;
      }
    }
  }

  /** One transaction, repeated as `retrying` does. */
  async transaction<T>(work: (sql: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    return this.retrying(() => this.#persistence.prisma.$transaction(work));
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

/** For a parameter that is cast to jsonb. */
export function jsonText(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
