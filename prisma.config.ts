import { defineConfig } from 'prisma/config';

/** Only the Prisma command line reads this. The services take their settings from `@parlance/config`. */
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
