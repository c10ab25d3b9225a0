import { createPersistence, isRetryableConflict, type Persistence, type PrismaClient } from '@parlance/persistence';
import { z } from 'zod';

/** What a query is run with: the client, or a transaction of it. */
export type Sql = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

const ATTEMPTS = 3;

/** The call service's connections. */
export class Database {
  readonly #persistence: Persistence;

  constructor(options: {
    readonly url: string;
    readonly maxConnections: number;
    readonly log: (line: string) => void;
  }) {
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

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
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
