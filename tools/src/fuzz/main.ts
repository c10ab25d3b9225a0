import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { dialects } from '@parlance/dialect-registry';
import { goodInputs, Random } from '@parlance/testing';
import { z } from 'zod';
import { fuzzDialect } from './fuzz.js';

const USAGE = 'usage: npm run fuzz [-- --runs 100000 --seed N]';

const optionsSchema = z.object({
  runs: z.coerce.number().int().min(1).max(100_000_000).default(100_000),
  seed: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(() => Date.now() % 2 ** 32),
});

async function run(): Promise<void> {
  const text = { type: 'string' } as const;
  const { runs, seed } = optionsSchema.parse(parseArgs({ options: { runs: text, seed: text } }).values);
  process.stdout.write(`seed ${seed}, ${runs} payloads for each schema\n`);
  const random = new Random(seed);
  for (const dialect of dialects) {
    const good = goodInputs(
      fileURLToPath(new URL(`../../../libs/dialects/${dialect.name}/transcripts`, import.meta.url)),
    );
    for (const { name, accepted, refused } of await fuzzDialect(dialect, good, random, runs)) {
      process.stdout.write(`${name}: ${accepted} understood, ${refused} refused\n`);
    }
  }
}

run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${USAGE}\n`);
  process.exit(1);
});
