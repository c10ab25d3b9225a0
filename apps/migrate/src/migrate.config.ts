import { databaseConfig, duration, fragment, logConfig, setting, type ConfigOf } from '@parlance/config';

export const migrateConfig = fragment('migrate', {
  waitMs: setting({
    env: 'PARLANCE_MIGRATE_WAIT',
    schema: duration(1_000, 86_400_000),
    default: 300_000,
    doc: 'With --wait: how long the migrations of this version may take to be applied.',
  }),
});

export const migrateFragments = [logConfig, databaseConfig, migrateConfig] as const;

export type MigrateSettings = ConfigOf<typeof migrateFragments>;
