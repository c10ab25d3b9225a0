import { PrismaPg } from '@prisma/adapter-pg';
import { ParlanceError } from '@parlance/domain';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';
import { mapDatabaseError } from './pg-errors.js';
import { StatementNames } from './statement-names.js';

export interface PersistenceOptions {
  /** postgresql://user:password@host:port/database, with the parameters `pg` knows (`sslmode`, `application_name`, …). */
  readonly url: string;
  /** Connections of this process, at most. */
  readonly maxConnections: number;
  /**
   * Statements are planned at each use instead of once per connection: right where they are few and large, and run from the first moment
   * on. A plan that was made while a table was empty may read all of it for as long as Postgres has not counted its rows.
   */
  readonly plansAnew?: boolean;
  readonly log?: ((line: string) => void) | undefined;
}

/** The database of one process. While it is unreachable, everything done with it fails with a `ParlanceError` `unavailable`. */
export interface Persistence {
  readonly prisma: PrismaClient;
  /** Resolves if the database answers within 2 s, else throws `unavailable`. */
  ping(): Promise<void>;
  /** Ends all connections. Can be called again. */
  close(): Promise<void>;
}

/** Below the 3 s within which a request has to fail. */
const CONNECTION_WAIT_MS = 2_500;
/** What has no name is planned when it is used. */
const UNNAMED = '';
const PING_TIMEOUT_MS = 2_000;
const TRANSACTION_TIMEOUT_MS = 10_000;

/** Connects at the first query, not before. `maxWait` is the longer one so that the pool, whose error is coded, gives up first. */
export function createPersistence(options: PersistenceOptions): Persistence {
  const client = new PrismaClient({
    adapter: createAdapter(options),
    errorFormat: 'minimal',
    transactionOptions: { maxWait: 2 * CONNECTION_WAIT_MS, timeout: TRANSACTION_TIMEOUT_MS },
  });
  const prisma = withCodedErrors(client);
  return { prisma, ping: () => ping(prisma), close: () => client.$disconnect() };
}

/**
 * Maps the errors of model and raw queries, inside transactions too. The extended client behaves like the plain one, but its type
 * is another, which would spread through every repository: hence the guard.
 */
function withCodedErrors(client: PrismaClient): PrismaClient {
  const extended = client.$extends({
    client: { $on: client.$on.bind(client) },
    query: { $allOperations: ({ args, query }) => coded(query(args)) },
  });
  if (isWholeClient(extended)) return extended;
  throw new Error('This version of Prisma extends its client in another way.');
}

function isWholeClient(value: object): value is PrismaClient {
  return ['$on', '$connect', '$disconnect', '$transaction', '$queryRaw', '$executeRaw'].every((name) => name in value);
}

function createAdapter(options: PersistenceOptions): PrismaPg {
  const log = options.log ?? (() => undefined);
  const names = new StatementNames();
  return new CodedPrismaPg(poolConfig(options), {
    onPoolError: (error) => log(`database connection lost while idle: ${error.message}`),
    onConnectionError: (error) => log(`database connection lost in a transaction: ${error.message}`),
    statementNameGenerator: (query) => (options.plansAnew === true ? UNNAMED : names.nameOf(query.sql)),
  });
}

/** Discrete fields: given a connection string, the adapter would take the real database for Prisma's shadow database. */
function poolConfig(options: PersistenceOptions): pg.PoolConfig {
  const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: options.url });
  return {
    host,
    port,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ssl,
    max: options.maxConnections,
    connectionTimeoutMillis: CONNECTION_WAIT_MS,
    keepAlive: true,
  };
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Transaction = Awaited<ReturnType<Adapter['startTransaction']>>;

/** Maps the errors of BEGIN and COMMIT, which no client extension sees and which Prisma hands on unchanged. */
class CodedPrismaPg extends PrismaPg {
  override async connect(): Promise<Adapter> {
    const adapter = await super.connect();
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (level) => codeCommit(await coded(startTransaction(level)));
    return adapter;
  }
}

/** Only COMMIT: Prisma would wrap a coded error of a statement into one of its own and lose it. */
function codeCommit(transaction: Transaction): Transaction {
  const executeRaw = transaction.executeRaw.bind(transaction);
  transaction.executeRaw = (query) => (query.sql === 'COMMIT' ? coded(executeRaw(query)) : executeRaw(query));
  return transaction;
}

async function coded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw mapDatabaseError(error);
  }
}

async function ping(prisma: PrismaClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const late = (): void =>
      reject(new ParlanceError('unavailable', `The database did not answer within ${PING_TIMEOUT_MS} ms.`));
    timer = setTimeout(late, PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([coded(prisma.$queryRaw`SELECT 1`), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
