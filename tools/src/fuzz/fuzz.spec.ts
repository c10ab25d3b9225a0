import { fileURLToPath } from 'node:url';
import { dialects } from '@parlance/dialect-registry';
import { inboundEvent } from '@parlance/dialect-kit';
import { goodInputs, Random } from '@parlance/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fuzzDialect } from './fuzz.js';

const RUNS = 2_000;
const seed = Date.now() % 2 ** 32;
// A refusal is an error, and the runner's stacks of a hundred calls are most of what one costs.
Error.stackTraceLimit = 4;
const inputsOf = (name: string) =>
  goodInputs(fileURLToPath(new URL(`../../../libs/dialects/${name}/transcripts`, import.meta.url)));

describe(`random and mutated payloads (seed ${seed})`, () => {
  it.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
    'get a coded answer from every schema of %s',
    async (name, dialect) => {
      const results = await fuzzDialect(dialect, inputsOf(name), new Random(seed), RUNS);
      expect(results).toHaveLength(dialect.inbound.size + (dialect.http?.routes.length ?? 0));
      // Mutations of good payloads are not all refused: what is behind the first check is reached too, in most schemas.
      const reached = results.filter(({ accepted }) => accepted >= RUNS / 200);
      expect(reached.length).toBeGreaterThan(results.length * 0.75);
    },
  );

  it('finds a schema whose code throws something of its own', async () => {
    const careless = inboundEvent<'session.identify'>()({
      // What it checks is nothing, and what it believes is much.
      schema: z.custom<{ readonly id: string }>(),
      intent: ({ id }) => (id.length > 0 ? { type: 'session.identify' } : null),
      reply: () => ({}),
      refuse: () => ({}),
    });
    const [dialect] = dialects;
    if (dialect === undefined) throw new Error('no dialect');
    const broken = { ...dialect, inbound: new Map([['careless', careless]]), http: null };
    const inputs = { frames: new Map(), requests: [] };
    await expect(fuzzDialect(broken, inputs, new Random(seed), RUNS)).rejects.toThrow(/Not a coded error/);
  });
});
