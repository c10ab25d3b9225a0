import { resolve } from 'node:path';

import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const eslint = new ESLint({ cwd: ROOT });

/** Type-aware rules need a file of the program: the code stands in for what is really there. */
const PRODUCTION = 'libs/domain/src/index.ts';
const SETTINGS = 'libs/config/src/index.ts';
const SPEC = 'tools/src/eslint/config.spec.ts';

async function brokenRules(file: string, code: string): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath: resolve(ROOT, file) });
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
}

describe('the lint configuration', () => {
  it.each([
    ['an any', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
    [
      'a promise nobody waits for',
      'export const f = () => { Promise.resolve(1); };',
      '@typescript-eslint/no-floating-promises',
    ],
    ['an unsafe value', "export const x: string = JSON.parse('1');", '@typescript-eslint/no-unsafe-assignment'],
    ['a cast on parsed data', "export const x = JSON.parse('1') as string;", 'no-restricted-syntax'],
    ['a cast through unknown', 'export const x = 1 as unknown as string;', 'no-restricted-syntax'],
    [
      'a narrowing cast',
      'export const f = (x: unknown) => x as string;',
      '@typescript-eslint/no-unsafe-type-assertion',
    ],
    ['a non-null assertion', 'export const f = (x?: string) => x!;', '@typescript-eslint/no-non-null-assertion'],
    [
      'a forgotten case',
      "export const f = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; } return 2; };",
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    [
      'raw SQL',
      'export const f = (db: { $queryRawUnsafe: () => void }) => { db.$queryRawUnsafe(); };',
      'no-restricted-syntax',
    ],
    ['the environment', "export const x = process.env['X'];", 'no-restricted-syntax'],
    ['the environment by import', "export { env } from 'node:process';", 'no-restricted-imports'],
    ['a long file', 'export {};\n'.repeat(401), 'max-lines'],
  ])('refuses %s', async (_, code, rule) => {
    expect(await brokenRules(PRODUCTION, `${code}\n`)).toContain(rule);
  });

  it.each([
    ['left out', 'skip'],
    ['alone', 'only'],
    ['planned', 'todo'],
  ])('refuses a test that is %s', async (_, word) => {
    const code = `import { it } from 'vitest';\nit.${word}('works', () => {});\n`;
    expect(await brokenRules(SPEC, code)).toContain('no-restricted-syntax');
  });

  it('lets the settings library read the environment', async () => {
    expect(await brokenRules(SETTINGS, "export const x = process.env['X'];\n")).toEqual([]);
  });
}, 60_000);
