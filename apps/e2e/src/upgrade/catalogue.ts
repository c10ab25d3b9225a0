import pg from 'pg';
import { z } from 'zod';

/** Partitions come and go by themselves. */
const RELATIONS = `
select n.nspname || '.' || c.relname as name, c.oid, c.relnamespace as space
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'v') and not c.relispartition and n.nspname !~ '^(pg_|information_schema$)'`;

/** A line for everything in a database that a program may lean on. */
const LINES = `
with relation as (${RELATIONS}),
written as (select r.name, a.* from relation r join pg_attribute a on a.attrelid = r.oid where a.attnum > 0 and not a.attisdropped)
select format('%s.%s is %s', name, attname, format_type(atttypid, atttypmod)) as line from written
union all select format('%s.%s may be left out', name, attname) from written where not attnotnull or atthasdef or attidentity <> ''
union all select format('%s.%s is never null', name, attname) from written where attnotnull
union all select format('%s: %s', r.name, pg_get_constraintdef(c.oid)) from relation r join pg_constraint c on c.conrelid = r.oid
union all select format('%s: %s', r.name, pg_get_indexdef(i.indexrelid)) from relation r join pg_index i on i.indrelid = r.oid
union all select format('%s(%s) returns %s', p.oid::regproc, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid))
  from pg_proc p where p.pronamespace in (select space from relation)
union all select format('%s.%s(%s)', n.nspname, t.typname, e.enumlabel)
  from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
order by 1`;

const rows = z.array(z.object({ line: z.string() }));

/** What a program finds in a database. What is gone from it later, or has changed, is a line that is no longer there. */
export async function catalogueOf(url: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(LINES);
    return rows.parse(result.rows).map(({ line }) => line);
  } finally {
    await client.end();
  }
}
