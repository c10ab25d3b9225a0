import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FsTree, type Tree } from 'nx/src/generators/tree';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import dialectGenerator from './dialect/generator.mjs';
import { namesOf } from './names.mjs';
import serviceGenerator from './service/generator.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const NOW = new Date('2020-01-02T03:04:05.678Z');

/** The workspace as it is, of which nothing is ever written. */
const workspace = (): Tree => new FsTree(ROOT, false);

function textOf(tree: Tree, path: string): string {
  const text = tree.read(path, 'utf8');
  if (text === null) throw new Error(`${path} was not written.`);
  return text;
}

function yamlOf(tree: Tree, path: string): unknown {
  return parse(textOf(tree, path), { merge: true });
}

/** What the compiler says of the form of every source that was written. */
function syntaxErrors(tree: Tree): readonly string[] {
  return tree.listChanges().flatMap(({ path, content }) => {
    if (!path.endsWith('.ts') || content === null) return [];
    const options = { reportDiagnostics: true, compilerOptions: { experimentalDecorators: true } };
    const { diagnostics = [] } = ts.transpileModule(content.toString('utf8'), options);
    return diagnostics.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}

describe('a name', () => {
  it('becomes the words of each language', () => {
    expect(namesOf('audit-trail')).toEqual({
      name: 'audit-trail',
      camel: 'auditTrail',
      pascal: 'AuditTrail',
      snake: 'audit_trail',
      constant: 'AUDIT_TRAIL',
    });
  });

  it.each([
    ['Poll', 'lower-case words'],
    ['poll_box', 'lower-case words'],
    ['-poll', 'lower-case words'],
    ['2fa', 'lower-case words'],
    ['../poll', 'lower-case words'],
    ['', 'lower-case words'],
    ['x', '2 to 30 characters'],
    ['a'.repeat(31), '2 to 30 characters'],
    ['select', 'reserved word'],
    ['class', 'reserved word'],
    ['call', 'apps/call exists'],
    ['bus', 'libs/bus exists'],
    ['minchat', 'libs/dialects/minchat exists'],
    ['publication', 'libs/contracts/src/publication.ts exists'],
    ['postgres', 'already called so'],
    ['gateway-2', 'already called so'],
  ])('%j is refused to a service, and nothing is written', async (name, reason) => {
    const tree = workspace();
    await expect(serviceGenerator(tree, { name }, NOW)).rejects.toThrow(reason);
    expect(tree.listChanges()).toEqual([]);
  });

  it.each([
    ['two-words', 'one word'],
    ['Parrot', 'one word'],
    ['new', 'reserved word'],
    ['reels', 'libs/dialects/reels exists'],
    ['registry', 'libs/dialects/registry exists'],
    ['call', 'apps/call exists'],
  ])('%j is refused to a dialect, and nothing is written', async (name, reason) => {
    const tree = workspace();
    await expect(dialectGenerator(tree, { name })).rejects.toThrow(reason);
    expect(tree.listChanges()).toEqual([]);
  });
});

describe('a generated service', () => {
  const tree = workspace();
  const written = serviceGenerator(tree, { name: 'audit-trail' }, NOW);

  it('is TypeScript, wherever it was written', async () => {
    await written;
    expect(syntaxErrors(tree)).toEqual([]);
  });

  it('leaves no place of a template open', async () => {
    await written;
    const open = tree
      .listChanges()
      .filter(({ path, content }) => /__\w+__/.test(path) || /\{\{\w+\}\}/.test(String(content)));
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it('has a migration after all others, whatever the clock says', async () => {
    await written;
    const migrations = tree.children('prisma/migrations').filter((name) => /^\d/.test(name));
    expect(migrations.sort().at(-1)).toMatch(/^\d{14}_audit_trail$/);
  });

  it('stands in compose, for Prometheus and in Kubernetes beside the others', async () => {
    await written;
    const service = {
      command: ['node', 'apps/audit-trail/dist/main.js'],
      depends_on: { migrate: { condition: 'service_completed_successfully' } },
      environment: { DATABASE_URL_FILE: '/run/parlance/database-url' },
    };
    expect(yamlOf(tree, 'docker-compose.yml')).toMatchObject({ services: { 'audit-trail': service } });
    expect(textOf(tree, 'tools/compose/prometheus.yml')).toContain("targets: ['audit-trail:3000']");
    expect(yamlOf(tree, 'k8s/base/kustomization.yaml')).toMatchObject({
      resources: expect.arrayContaining(['audit-trail']),
    });
    expect(yamlOf(tree, 'k8s/overlays/dev/kustomization.yaml')).toMatchObject({
      secretGenerator: expect.arrayContaining([expect.objectContaining({ name: 'audit-trail' })]),
    });
  });

  it('changes a list by its own lines alone', async () => {
    await written;
    for (const path of [
      'docker-compose.yml',
      'k8s/overlays/dev/kustomization.yaml',
      'apps/standalone/src/standalone.ts',
    ]) {
      const before = readFileSync(join(ROOT, path), 'utf8').split('\n');
      const after = textOf(tree, path).split('\n');
      expect(before.filter((line) => !after.includes(line))).toEqual([]);
      const added = after.length - before.length;
      expect(added).toBeGreaterThan(1);
      expect(added).toBeLessThan(8);
    }
  });

  it('is not written over', async () => {
    await written;
    await expect(serviceGenerator(tree, { name: 'audit-trail' }, NOW)).rejects.toThrow('taken');
  });

  it('has room for another beside it', async () => {
    await written;
    await serviceGenerator(tree, { name: 'tally' }, NOW);
    expect(syntaxErrors(tree)).toEqual([]);
    expect(textOf(tree, 'tools/src/config/declared-apps.ts')).toMatch(
      /onTheBus\('audit-trail', auditTrailFragments\),\n {2}onTheBus\('tally', tallyFragments\)/,
    );
  });
});

describe('a generated dialect', () => {
  const tree = workspace();
  const written = dialectGenerator(tree, { name: 'parrot' });

  it('is TypeScript, wherever it was written', async () => {
    await written;
    expect(syntaxErrors(tree)).toEqual([]);
    expect(textOf(tree, 'libs/dialects/registry/src/index.ts')).toMatch(/\n {2}parrot,\n\];/);
  });

  it('renders or ignores every event there is', async () => {
    await written;
    const table = textOf(tree, 'libs/dialects/parrot/src/outbound.ts');
    const events = readFileSync(join(ROOT, 'libs/dialects/kit/src/samples/events.ts'), 'utf8');
    const [, list = ''] = /EVENT_TYPES = \[([^\]]*)\]/.exec(events) ?? [];
    const types = [...list.matchAll(/'([\w.-]+)'/g)].map(([, type]) => type);
    expect(types.length).toBeGreaterThan(20);
    for (const type of types) expect(table).toMatch(new RegExp(`^ {2}'${type ?? ''}': (?:rendered|ignored)`, 'm'));
  });
});
