import { defineConfig } from 'vitest/config';

/** Unit specs sit beside their file; specs that need real servers are `*.int.spec.ts`; black-box scenarios live in apps/e2e. */
export default defineConfig({
  resolve: { conditions: ['@parlance/source'] },
  ssr: { resolve: { conditions: ['@parlance/source', 'node'] } },
  test: {
    include: ['apps/*/src/**/*.spec.ts', 'libs/**/src/**/*.spec.ts', 'tools/src/**/*.spec.ts'],
    exclude: ['**/dist/**', '**/node_modules/**'],
    passWithNoTests: true,
  },
});
