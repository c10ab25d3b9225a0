import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceRepository } from '../maintenance/maintenance.repository.js';
import { openWorld, type World } from '../testing/test-world.js';
import { Database } from './database.js';

let world: World;
let database: Database;

beforeAll(async () => {
  world = await openWorld();
  database = new Database({ url: world.url, maxConnections: 3, sendConnections: 1, log: () => undefined });
}, 60_000);
afterAll(async () => {
  await database.close();
  await world.stop();
});

/** They belong to the installation, not to a tenant. */
const WITHOUT_TENANT = ['pod', 'relay_lease'];

describe('the schema', () => {
  it('has tenant_id at the head of every key', async () => {
    const rows = await world.query(
      `select t.relname as table, i.relname as key, a.attname as first
         from pg_index x
         join pg_class i on i.oid = x.indexrelid
         join pg_class t on t.oid = x.indrelid
         join pg_namespace n on n.oid = t.relnamespace
         join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
        where n.nspname = 'message' and x.indisunique
        union all
       select t.relname, c.conname, a.attname
         from pg_constraint c
         join pg_class t on t.oid = c.conrelid
         join pg_namespace n on n.oid = t.relnamespace
         join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
        where n.nspname = 'message' and c.contype = 'f'`,
    );
    expect(rows.length).toBeGreaterThan(20);
    const others = rows.filter((row) => row.first !== 'tenant_id').map((row) => row.table);
    expect(others.sort()).toEqual(WITHOUT_TENANT);
  });

  it('keeps nothing of the rows its statistics were made from', async () => {
    const rows = await world.query(
      'select (select count(*) from message.room) + (select count(*) from message.member) + (select count(*) from message.message) as n',
    );
    expect(Number(rows[0]?.n)).toBe(0);
  });

  it('finds each part of a batch by the key that was made for it', async () => {
    const rows = await world.query(
      "select count(*)::integer as n from pg_stats where schemaname = 'message' and tablename in ('room', 'member', 'message')",
    );
    expect(rows[0]?.n).toBeGreaterThan(20);
  });
});

describe('log partitions', () => {
  const days = async () => {
    const rows = await world.query(
      "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'message.room_event'::regclass order by 1",
    );
    return rows.map((row) => String(row.name));
  };

  it('are made ahead once, and dropped whole when they are old', async () => {
    const upkeep = new MaintenanceRepository();
    await upkeep.makePartitions(database, 5);
    expect(await upkeep.makePartitions(database, 5)).toBe(0);
    const made = await days();
    expect(made).toHaveLength(8);
    await world.query("select message.make_event_partitions('2020-01-01', 3)");
    await world.query(
      `insert into message.room_event (tenant_id, room_id, pos, at, type)
       values ('t', 'r', 1, '2020-01-02T12:00:00Z', 'x'), ('t', 'r', 2, '2020-02-01T12:00:00Z', 'x')`,
    );
    // A day that the default partition has rows of is left there.
    await world.query("select message.make_event_partitions('2020-02-01', 1)");
    expect(await days()).toHaveLength(11);
    expect(await upkeep.dropPartitions(database, 7 * 86_400_000)).toBe(3);
    expect(await days()).toEqual(made);
    const rows = await world.query("select count(*)::integer as n from message.room_event where tenant_id = 't'");
    expect(rows[0]?.n).toBe(0);
  });

  it('sweeps sessions that can no longer be resumed, and their pods', async () => {
    await world.query(
      `insert into message.session (tenant_id, session_id, user_id, dialect, pod_id, state, as_of, saved_at) values
         ('t', 'old-closed', 'u', 'x', 'dead', 'closed', now(), now() - interval '1 hour'),
         ('t', 'old-open', 'u', 'x', 'dead', 'open', now(), now() - interval '1 hour'),
         ('t', 'quiet-open', 'u', 'x', 'alive', 'open', now(), now() - interval '1 hour'),
         ('t', 'fresh', 'u', 'x', 'dead', 'closed', now(), now())`,
    );
    await world.query(
      "insert into message.pod values ('dead', now() - interval '1 hour'), ('gone', now() - interval '1 hour'), ('alive', now())",
    );
    expect(await new MaintenanceRepository().sweepSessions(database, 300_000)).toBe(2);
    const left = await world.query('select session_id from message.session order by 1');
    expect(left.map((row) => row.session_id)).toEqual(['fresh', 'quiet-open']);
    const pods = await world.query('select pod_id from message.pod order by 1');
    expect(pods.map((row) => row.pod_id)).toEqual(['alive', 'dead']);
  });
});
