export { migrateConfig, migrateFragments, type MigrateSettings } from './migrate.config.js';
export { runMigrate, type MigrateRun } from './run-migrate.js';
