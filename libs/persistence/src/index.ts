export { DatabaseError } from './database-error.js';
export type { DatabaseErrorCode } from './database-error.js';
export { createDatabase } from './create-database.js';
export { startEmbeddedPostgres } from './embedded-postgres.js';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
export { freePort } from './free-port.js';
