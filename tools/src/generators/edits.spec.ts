import { describe, expect, it } from 'vitest';
import { withElement, withImport, withImportedName, withLastElement, withProperty } from './edit-typescript.mjs';
import { withEntry, withItem } from './edit-yaml.mjs';
import { blocksOf, changed } from './proof/tutorial.mjs';

describe('a change of TypeScript', () => {
  const source = `import { join } from 'node:path';
import { b } from '@parlance/b';
import { d } from '@parlance/d';

const LIST = [one, two()] as const;
const TABLE = { a: 1 } satisfies object;
`;

  it.each([
    ['@parlance/a', '@parlance/a'],
    ['@parlance/c', '@parlance/c'],
    ['@parlance/e', '@parlance/e'],
  ])('puts an import of %s where it belongs', (module) => {
    const modules = [...withImport(source, '{ x }', module).matchAll(/from '(.+)'/g)].map(([, name]) => name);
    expect(modules).toEqual(['node:path', ...['@parlance/b', '@parlance/d', module].sort()]);
  });

  it('adds names, elements and properties', () => {
    expect(withImportedName(source, 'x', '@parlance/b')).toContain("import { x, b } from '@parlance/b'");
    expect(withElement(source, 'half', 'two(')).toContain('[one, half, two()]');
    expect(withLastElement(source, 'LIST', 'three')).toContain('[one, two(),\n  three]');
    expect(withProperty(source, 'TABLE', 'b: 2')).toContain('{ a: 1,\nb: 2 }');
  });

  it('refuses what it does not find', () => {
    expect(() => withElement(source, 'x', 'nobody')).toThrow("begins with 'nobody'");
    expect(() => withProperty(source, 'LIST', 'x')).toThrow("no constant object 'LIST'");
    expect(() => withLastElement(source, 'TABLE', 'x')).toThrow("no list 'TABLE'");
    expect(() => withImportedName(source, 'x', '@parlance/z')).toThrow("'@parlance/z'");
  });
});

describe('a change of YAML', () => {
  const source = `# head
list:
  - a # first
  - name: b

map:
  # of x
  x: &x
    one: 1

  y:
    <<: *x
# end
`;

  it('adds an item behind the last, or before one, and leaves comments alone', () => {
    expect(withItem(source, ['list'], 'c')).toBe(source.replace('- name: b\n', '- name: b\n  - c\n'));
    const before = withItem(source, ['list'], 'name: c\nmore: 1', (item) => typeof item === 'object');
    expect(before).toBe(source.replace('  - name: b', '  - name: c\n    more: 1\n  - name: b'));
  });

  it('adds an entry behind the last, or before one', () => {
    expect(withEntry(source, ['map'], 'z: 3')).toBe(source.replace('<<: *x\n', '<<: *x\n  z: 3\n'));
    expect(withEntry(source, ['map'], 'z:\n  a: 1', 'y')).toBe(source.replace('  y:', '  z:\n    a: 1\n\n  y:'));
  });

  it('refuses what it does not find', () => {
    expect(() => withItem(source, ['map'], 'x')).toThrow('no list at map');
    expect(() => withEntry(source, ['list'], 'x: 1')).toThrow('no map at list');
  });
});

describe('a page that is carried out', () => {
  it('has blocks with a language and perhaps a file', () => {
    const page = '# x\n\n```sh\nls\n```\n\ntext\n\n```ts a/b.ts\nlet x;\n\n```\n';
    expect(blocksOf(page)).toEqual([
      { language: 'sh', file: null, text: 'ls\n' },
      { language: 'ts', file: 'a/b.ts', text: 'let x;\n\n' },
    ]);
  });

  it('changes lines that stand together in one place', () => {
    expect(changed('a\nb\nc\n', ' a\n-b\n+x\n+y\n c\n', 'f')).toBe('a\nx\ny\nc\n');
    expect(changed('{\n  {\n', ' {\n+new\n', 'f')).toBe('{\nnew\n  {\n');
  });

  it.each([
    ['a\nb\na\nb\n', 2],
    ['a\nc\n', 0],
  ])('refuses %j', (source, times) => {
    expect(() => changed(source, ' a\n+x\n b\n', 'f')).toThrow(`has them ${times} times`);
  });
});
