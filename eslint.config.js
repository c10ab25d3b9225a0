import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

import { parlancePlugin } from './tools/src/eslint/plugin.mjs';

const RAW_SQL = {
  selector: 'MemberExpression[property.name=/^\\$(?:queryRawUnsafe|executeRawUnsafe)$/]',
  message: 'Use the typed raw query: its parameters cannot become SQL.',
};
const ENVIRONMENT = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Only libs/config reads the environment: declare the setting in a config fragment.',
};
const CAST_OF_PARSED_DATA = [
  {
    selector: "TSAsExpression > CallExpression[callee.object.name='JSON'][callee.property.name='parse']",
    message: 'Parse with a zod schema instead of asserting what the text holds.',
  },
  {
    selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword',
    message: 'A cast through unknown says anything about anything: parse, or narrow with a guard.',
  },
];
const LEFT_OUT_TEST = [
  {
    selector:
      'MemberExpression[object.name=/^(?:it|test|describe|suite|context|ctx)$/][property.name=/^(?:skip|only|todo|skipIf|fails)$/]',
    message:
      'A test runs or is deleted. What needs a server says so in `// needs:` at the top of a *.int.spec.ts file.',
  },
  {
    selector:
      'MemberExpression[object.callee.object.name=/^(?:it|test|describe)$/][property.name=/^(?:skip|only|todo)$/]',
    message: 'A test runs or is deleted.',
  },
];

const restrict = (...selectors) => ['error', RAW_SQL, ...LEFT_OUT_TEST, ...selectors];
const TESTS = ['**/*.{spec,fixture}.ts', '**/*conformance*.ts', 'apps/e2e/**', 'libs/testing/**'];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'libs/persistence/src/generated/', '.nx/', 'coverage/']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { parlance: parlancePlugin },
    rules: {
      'max-lines': ['error', 400],
      'no-restricted-syntax': restrict(...CAST_OF_PARSED_DATA, ENVIRONMENT),
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:process', importNames: ['env'], message: ENVIRONMENT.message }] },
      ],
      'parlance/tenant-first': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never', arrayLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Nest's modules are empty classes that only carry their decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A function that answers with a promise by its contract need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Identifiers and texts of clients are refused by their control characters.
      'no-control-regex': 'off',
    },
  },
  {
    files: TESTS,
    rules: {
      // A test may look into a value it has just made, and pass half-made ones to prove that they are refused.
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // vitest's asymmetric matchers (`expect.any`, `expect.objectContaining`) are typed as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-deprecated': 'off',
    },
  },
  {
    files: [...TESTS, 'libs/config/**', 'tools/**', '*.config.{js,ts}'],
    rules: { 'no-restricted-syntax': restrict(...CAST_OF_PARSED_DATA), 'no-restricted-imports': 'off' },
  },
  {
    // The one file that looks into Socket.IO, Engine.IO and ws, whose types do not show their insides.
    files: ['apps/gateway/src/socket-internals.ts'],
    rules: {
      'no-restricted-syntax': restrict(ENVIRONMENT),
      '@typescript-eslint/no-unsafe-type-assertion': 'off',
    },
  },
  {
    // Identity's tables say which tenant a host, a key or a signature belongs to: they are read before the tenant is known.
    // Relay and maintenance walk the log of the whole installation and answer no caller.
    files: [
      'apps/identity/src/{tenant,key,token}/*.repository.ts',
      'apps/message/src/{relay,maintenance}/*.repository.ts',
      'apps/gamification/src/{feed,notice}/*.repository.ts',
    ],
    rules: { 'parlance/tenant-first': 'off' },
  },
  {
    files: ['tools/**/*.mjs', '*.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
);
