/**
 * What Parlance's facts are measured against: what a team writes first. One HTTP process; per fact one transaction with an INSERT that
 * a unique key guards and an UPDATE of the user's total. No days, no rules, no locks on actions, nobody is told. Reads
 * DATABASE_URL; tells its parent when it listens on PORT; ends with it.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { environmentOver } from '@parlance/config';
import pg from 'pg';
import { z } from 'zod';

const POOL = 10;
const TABLES = `create table if not exists fact (
  user_id text not null, fact_id text not null, type text not null, ref text, at timestamptz not null default now(),
  primary key (user_id, fact_id));
  create table if not exists score (user_id text primary key, total bigint not null)`;

const bodySchema = z.object({
  userId: z.string(),
  facts: z.array(z.object({ factId: z.string(), type: z.string(), ref: z.string().optional() })),
});
type Body = z.output<typeof bodySchema>;

const { DATABASE_URL, PORT } = z
  .object({ DATABASE_URL: z.string(), PORT: z.coerce.number() })
  .parse(environmentOver({}));
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: POOL });

async function record({ userId, facts }: Body): Promise<number> {
  const client = await pool.connect();
  let counted = 0;
  try {
    for (const { factId, type, ref } of facts) {
      await client.query('begin');
      const stored = await client.query(
        'insert into fact (user_id, fact_id, type, ref) values ($1, $2, $3, $4) on conflict do nothing',
        [userId, factId, type, ref],
      );
      if (stored.rowCount === 1) {
        await client.query(
          'insert into score values ($1, 1) on conflict (user_id) do update set total = score.total + 1',
          [userId],
        );
        counted += 1;
      }
      await client.query('commit');
    }
  } finally {
    client.release();
  }
  return counted;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

const server = createServer((request, response) => {
  textOf(request)
    .then(async (text) => record(bodySchema.parse(JSON.parse(text))))
    .then((counted) => response.end(JSON.stringify({ counted })))
    .catch((error: unknown) => response.writeHead(500).end(String(error)));
});

await pool.query(TABLES);
server.listen(PORT, '127.0.0.1', () => process.send?.('ready'));
process.once('disconnect', () => process.exit(0));
