import { createPersistence, Database as Pool, type Persistence, type Sql } from '@parlance/persistence';

export { jsonText, rowOf, rowsOf, type Sql } from '@parlance/persistence';

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

/** The message service's two pools. */
export class Database extends Pool {
  readonly #sends: Persistence;

  constructor({ url, maxConnections, sendConnections, log }: DatabaseOptions) {
    super({ url, maxConnections: Math.max(2, maxConnections - sendConnections), log });
    this.#sends = createPersistence({ url, maxConnections: sendConnections, log });
  }

  get sendSql(): Sql {
    return this.#sends.prisma;
  }

  override async close(): Promise<void> {
    await Promise.all([super.close(), this.#sends.close()]);
  }
}
