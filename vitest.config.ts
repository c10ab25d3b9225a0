import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

/** Set by the test runner (tools/src/test-run): files whose servers this machine lacks. */
const leftOut = (process.env['PARLANCE_TEST_LEFT_OUT'] ?? '').split(',').filter((file) => file !== '');

const never = ['**/dist/**', '**/node_modules/**', ...leftOut];
const SECOND = 1_000;

/** Servers and processes share ports, cores and disks: these run one file at a time, and after the others. */
function serial(name: string, order: number, include: string[], seconds: number): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      include,
      exclude: never,
      fileParallelism: false,
      // What they import is large and the same: loaded once, and no spec may lean on state of modules.
      isolate: false,
      sequence: { groupOrder: order },
      testTimeout: seconds * SECOND,
      hookTimeout: seconds * SECOND,
    },
  };
}

/** Unit specs sit beside their file; specs that need real servers are `*.int.spec.ts`; black-box scenarios are `*.e2e.spec.ts`. */
export default defineConfig({
  resolve: { conditions: ['@parlance/source'] },
  ssr: { resolve: { conditions: ['@parlance/source', 'node'] } },
  test: {
    passWithNoTests: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['apps/*/src/**/*.spec.ts', 'libs/**/src/**/*.spec.ts', 'tools/src/**/*.spec.ts'],
          exclude: ['**/*.int.spec.ts', '**/*.e2e.spec.ts', ...never],
          maxWorkers: 2,
          // A limit against hanging, not a measurement: a loaded machine takes its time over a thousand random inputs.
          testTimeout: 60 * SECOND,
          sequence: { groupOrder: 0 },
        },
      },
      serial(
        'int',
        1,
        ['apps/*/src/**/*.int.spec.ts', 'libs/**/src/**/*.int.spec.ts', 'tools/src/**/*.int.spec.ts'],
        60,
      ),
      serial('e2e', 2, ['apps/e2e/src/**/*.e2e.spec.ts'], 180),
    ],
  },
});
