#!/usr/bin/env node
// Generates the Prisma client from prisma/schema, or does nothing when the generated one is of the same schema and version.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const prismaPackage = createRequire(import.meta.url).resolve('prisma/package.json');
const generated = join(root, 'libs/persistence/src/generated');
const stampFile = join(generated, '.stamp');

const { version, bin } = JSON.parse(readFileSync(prismaPackage, 'utf8'));
const hash = createHash('sha256').update(version);
const schemaDir = join(root, 'prisma/schema');
for (const name of readdirSync(schemaDir).sort()) hash.update(name).update(readFileSync(join(schemaDir, name)));
const stamp = hash.digest('hex');

if (existsSync(join(generated, 'client.ts')) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
  process.exit(0);
}

// `generate` never runs the schema engine but insists that its file exists; any executable spares a download that is not
// possible everywhere. Never do this for `prisma migrate`: with a wrong engine it can do nothing and still exit 0.
const result = spawnSync(process.execPath, [join(dirname(prismaPackage), bin.prisma), 'generate'], {
  cwd: root,
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1' },
  encoding: 'utf8',
});
if (result.status !== 0) {
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  process.exit(result.status || 1);
}
writeFileSync(stampFile, stamp);
