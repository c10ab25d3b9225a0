import { EXIT_CONFIG, readSettings, startupLine } from '@parlance/bootstrap';
import type { Environment } from '@parlance/config';
import { createLogger, type Logger, type LoggerOptions } from '@parlance/observability';
import { awaitMigrations, defaultMigrationsDir, migrate } from '@parlance/persistence';
import { migrateFragments, type MigrateSettings } from './migrate.config.js';

export interface MigrateRun {
  readonly stderr: { write(text: string): unknown };
  /** Changes nothing and waits until another run has applied the migrations, for what must not start before. */
  readonly wait: boolean;
  /** The environment of the process when not given. */
  readonly env?: Environment;
  /** The repository's or image's own when not given. */
  readonly migrationsDir?: string;
  /** Where the log goes; standard output when not given. */
  readonly destination?: NonNullable<LoggerOptions['destination']>;
}

const EXIT_FAILURE = 1;

/**
 * Brings the database up to this version, or waits for it. Resolves with the exit code: 0 done, 78 the settings are wrong, 1 anything
 * else; each failure is a line on standard error that names its remedy.
 */
export async function runMigrate(run: MigrateRun): Promise<number> {
  const { stderr, env } = run;
  const config = readSettings('migrate', migrateFragments, { host: { stderr }, ...(env === undefined ? {} : { env }) });
  if (config === undefined) return EXIT_CONFIG;
  const logger = createLogger({
    service: 'migrate',
    level: config.log.level,
    ...(run.destination === undefined ? {} : { destination: run.destination }),
  });
  try {
    await (run.wait ? waitFor(run, config, logger) : apply(run, config, logger));
    return 0;
  } catch (error) {
    logger.debug({ code: 'migrate-failed', err: error }, 'could not migrate');
    stderr.write(`${startupLine('migrate', error)}\n`);
    return EXIT_FAILURE;
  }
}

async function apply(run: MigrateRun, { database }: MigrateSettings, logger: Logger): Promise<void> {
  const applied = await migrate({
    connectionString: database.url,
    migrationsDir: run.migrationsDir ?? defaultMigrationsDir(),
    log: (line) => logger.info({ code: 'migration' }, line),
  });
  logger.info({ code: 'migrated', applied: applied.length }, 'the database is up to date');
}

async function waitFor(run: MigrateRun, { database, migrate: own }: MigrateSettings, logger: Logger): Promise<void> {
  await awaitMigrations({
    connectionString: database.url,
    migrationsDir: run.migrationsDir ?? defaultMigrationsDir(),
    timeoutMs: own.waitMs,
    log: (line) => logger.info({ code: 'migration' }, line),
  });
  logger.info({ code: 'migrated' }, 'the database is up to date');
}
