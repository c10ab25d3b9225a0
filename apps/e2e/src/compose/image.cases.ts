import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, runProgram } from '@parlance/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

export const ROOT = join(import.meta.dirname, '../../../..');
/** An image that is there already, to be tried instead of one that is built for it. */
const GIVEN = process.env['PARLANCE_TEST_IMAGE'];
export const IMAGE = GIVEN ?? 'parlance:e2e';
const MB = 1_048_576;
const MOST_BEYOND_BASE_MB = 150;
/** No processes of an image: the whole stack in one, the launcher of a machine's own servers, scenarios. */
const NOT_IN_IT = ['standalone', 'cluster', 'e2e'];
const EXIT_CONFIG = 78;

const imageShape = z.tuple([
  z.object({
    Size: z.number(),
    RootFS: z.object({ Layers: z.array(z.string()) }),
    Config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Cmd: z.array(z.string()),
      Healthcheck: z.object({ Test: z.array(z.string()) }),
    }),
  }),
]);
const baseShape = z.tuple([z.object({ Size: z.number(), RootFS: z.object({ Layers: z.array(z.string()) }) })]);

export function baseImage(): string {
  const [, name] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
  if (name === undefined) throw new Error('The Dockerfile names no base image.');
  return name;
}

/** Builds the image unless one is given; the network is the machine's, as containers of a test engine have none of their own. */
export async function buildImage(): Promise<void> {
  if (GIVEN === undefined) await docker('build', '--quiet', '--network=host', '--tag', IMAGE, ROOT);
}

/** The names under which the database keeps what was applied. */
export function migrations(): readonly string[] {
  const entries = readdirSync(join(ROOT, 'prisma/migrations'), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function inspect<T>(shape: z.ZodType<T>, image: string): Promise<T> {
  return shape.parse(JSON.parse(await docker('inspect', '--type', 'image', image)));
}
const inImage = async (...command: readonly string[]) => runProgram('docker', ['run', '--rm', IMAGE, ...command]);

export function imageCases(): void {
  it(`adds at most ${MOST_BEYOND_BASE_MB} MB to its base`, async () => {
    const [image] = await inspect(imageShape, IMAGE);
    const [base] = await inspect(baseShape, baseImage());
    const own = (image.Size - base.Size) / MB;
    console.info(`image: ${(image.Size / MB).toFixed(1)} MB, of which ${own.toFixed(1)} MB beyond ${baseImage()}`);
    expect(image.RootFS.Layers.slice(0, base.RootFS.Layers.length)).toEqual(base.RootFS.Layers);
    expect(own).toBeLessThanOrEqual(MOST_BEYOND_BASE_MB);
  });

  it('starts as nobody in particular, looks after itself, and carries no secret in its environment', async () => {
    const [{ Config: config }] = await inspect(imageShape, IMAGE);
    expect(config.User).toBe('1000:1000');
    expect(config.Cmd).toEqual(['node', 'apps/gateway/dist/main.js']);
    expect(config.Healthcheck.Test.join(' ')).toContain('/health/ready');
    const names = config.Env.map((entry) => entry.split('=')[0] ?? '');
    expect(names).toEqual(expect.arrayContaining(['NODE_ENV', 'HOST', 'PORT']));
    expect(names.filter((name) => /SECRET|KEY|PASSWORD|TOKEN|URL/.test(name))).toEqual([]);
  });

  it('holds every app and the migrations', async () => {
    const folders = readdirSync(join(ROOT, 'apps')).filter((name) => !NOT_IN_IT.includes(name));
    const { stdout } = await inImage('sh', '-c', 'ls apps/*/dist/main.js; ls prisma/migrations');
    const found = stdout.split('\n').filter((line) => line !== '');
    expect(found).toEqual([...folders.map((app) => `apps/${app}/dist/main.js`).sort(), ...migrations()]);
  });

  it('holds nothing that only building and testing need', async () => {
    const { stdout } = await inImage('ls', '-A', 'node_modules');
    expect(stdout.trim()).toBe('swagger-ui-dist');
    const { stdout: files } = await inImage('find', 'apps', 'dist', '-name', '*.ts', '-o', '-name', '*.spec.js');
    expect(files).toBe('');
  });

  it('hands on the terms of the packages whose code is in it', async () => {
    const { stdout } = await inImage('cat', 'dist/third-party-licenses.txt');
    for (const name of ['@nestjs/core', 'socket.io', 'ioredis', 'pg', '@nats-io/nats-core', '@prisma/client'])
      expect(stdout).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\S* \\(`, 'm'));
  });

  it('tells what settings an app lacks, and ends', async () => {
    const { code, stderr } = await inImage('node', 'apps/identity/dist/main.js');
    expect(code).toBe(EXIT_CONFIG);
    for (const name of ['NATS_URL', 'DATABASE_URL', 'PARLANCE_MASTER_KEY'])
      expect(stderr).toContain(`${name} is missing`);
  });
}
