export { DatabaseError } from './database-error.js';
export type { DatabaseErrorCode } from './database-error.js';
export { CommitLanes, laneOf } from './commit-lanes.js';
export type { LaneOptions, Queued } from './commit-lanes.js';
export { Database, jsonText, rowOf, rowsOf } from './database.js';
export type { DatabaseOptions, Sql } from './database.js';
export { createDatabase } from './create-database.js';
export { startEmbeddedPostgres } from './embedded-postgres.js';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
export { freePort } from './free-port.js';
export { awaitMigrations } from './await-migrations.js';
export type { AwaitMigrationsOptions } from './await-migrations.js';
export { migrate } from './migrate.js';
export type { MigrateOptions } from './migrate.js';
export { checksum, defaultMigrationsDir, readMigrations } from './migration-files.js';
export type { Migration } from './migration-files.js';
export {
  isDatabaseUnavailable,
  isRetryableConflict,
  mapDatabaseError,
  sqlState,
  uniqueViolation,
} from './pg-errors.js';
export type { UniqueViolation } from './pg-errors.js';
export { createPersistence } from './prisma.js';
export type { Persistence, PersistenceOptions } from './prisma.js';
export { Prisma, PrismaClient } from './generated/client.js';
