import { readFileSync } from 'node:fs';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Set by the test runner (tools/src/test-run): files whose servers this machine lacks. */
const leftOut = (process.env['PARLANCE_TEST_LEFT_OUT'] ?? '').split(',').filter((file) => file !== '');

const never = ['**/dist/**', '**/node_modules/**', ...leftOut];
const SECOND = 1_000;
/** Lanes do not isolate: what specs import is large and the same, so it is loaded once, and no spec may lean on state of modules. */
const LANES = 2;

/** The longest first, by their line `// takes: N s`: a long file that begins last keeps the other lanes waiting. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = new Map(files.map((file) => [file, secondsOf(readFileSync(file.moduleId, 'utf8'))]));
    return files.toSorted((a, b) => (seconds.get(b) ?? 0) - (seconds.get(a) ?? 0));
  }
}

function secondsOf(text: string): number {
  return Number(/^\/\/ takes: (\d+) s$/m.exec(text)?.[1] ?? 0);
}

/** Real servers and processes, which often wait for each other: as many files at a time as the smallest machine has cores. */
function inLanes(name: string, order: number, include: string[], seconds: number): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      include,
      exclude: never,
      maxWorkers: LANES,
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
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['apps/*/src/**/*.spec.ts', 'libs/**/src/**/*.spec.ts', 'tools/src/**/*.spec.ts'],
          exclude: ['**/*.int.spec.ts', '**/*.e2e.spec.ts', ...never],
          maxWorkers: LANES,
          isolate: false,
          // A limit against hanging, not a measurement: a loaded machine takes its time over a thousand random inputs.
          testTimeout: 60 * SECOND,
          sequence: { groupOrder: 0 },
        },
      },
      inLanes(
        'int',
        1,
        ['apps/*/src/**/*.int.spec.ts', 'libs/**/src/**/*.int.spec.ts', 'tools/src/**/*.int.spec.ts'],
        60,
      ),
      inLanes('e2e', 2, ['apps/e2e/src/**/*.e2e.spec.ts'], 180),
    ],
  },
});
