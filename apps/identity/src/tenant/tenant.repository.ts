import { Inject, Injectable } from '@nestjs/common';
import { ParlanceError, tenantSchema, type Tenant } from '@parlance/domain';
import type { Persistence, Prisma } from '@parlance/persistence';
import { z } from 'zod';
import { PERSISTENCE } from '../tokens.js';

const hostRows = z.array(z.object({ host: z.string(), tenantId: z.string() }));

/** A tenant with what only this service may know of it. */
export interface StoredTenant {
  readonly tenant: Tenant;
  readonly sealedHashKey: string | null;
}

/** What is to be written. `sealedHashKey` undefined: stays as it is. `within`: more to be done in the same transaction. */
export interface TenantChange {
  readonly tenant: Tenant;
  readonly sealedHashKey: string | null | undefined;
  readonly within: (sql: Prisma.TransactionClient) => Promise<void>;
}

/** The only file that reads and writes tenants in the database. */
@Injectable()
export class TenantRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  async findMany(ids: readonly string[]): Promise<ReadonlyMap<string, StoredTenant>> {
    const rows = await this.persistence.prisma.tenant.findMany({ where: { id: { in: [...ids] } } });
    return new Map(rows.map((row) => [row.id, { tenant: tenantSchema.parse(row), sealedHashKey: row.encryptHashKey }]));
  }

  /** Tenant ids by canonical host. Were two tenants to list one host, the older one has it. */
  async findByHosts(hosts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.persistence.prisma.$queryRaw`
      SELECT DISTINCT ON (host) host, t.tenant_id AS "tenantId"
      FROM identity.tenant t CROSS JOIN unnest(t.hosts) AS host
      WHERE t.hosts && ${hosts}::text[] AND host = ANY(${hosts}::text[])
      ORDER BY host, t.created_at, t.tenant_id`;
    return new Map(hostRows.parse(rows).map(({ host, tenantId }) => [host, tenantId]));
  }

  /** Makes a tenant, unless there is one of that id: then it stays as it is. Hosts are expected in canonical form. */
  async createIfAbsent(tenant: Tenant): Promise<void> {
    const { id, name, hosts, origins, payloadIdentity, dialects, defaultDialect, options } = tenant;
    await this.persistence.prisma.$executeRaw`
      INSERT INTO identity.tenant
        (tenant_id, name, hosts, origins, payload_identity, dialects, default_dialect, options)
      VALUES (${id}, ${name}, ${hosts}::text[], ${origins}::text[], ${payloadIdentity},
        ${jsonOf(dialects)}::jsonb, ${defaultDialect}, ${JSON.stringify(options)}::jsonb)
      ON CONFLICT (tenant_id) DO NOTHING`;
  }

  /** Gives a tenant that has none this key. */
  async setHashKeyIfAbsent(id: string, sealed: string): Promise<void> {
    await this.persistence.prisma.$executeRaw`
      UPDATE identity.tenant SET encrypt_hash_key = ${sealed} WHERE tenant_id = ${id} AND encrypt_hash_key IS NULL`;
  }

  /**
   * Writes what `decide` makes of the tenant there is (null: none), one write of a tenant at a time, so that no host gets two owners.
   * Errors: `conflict` (a host is another tenant's), those of `decide`.
   */
  async put(id: string, decide: (current: Tenant | null) => TenantChange): Promise<Tenant> {
    return this.persistence.prisma.$transaction(async (sql) => {
      await sql.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('identity.tenant', 0))`;
      const row = await sql.tenant.findUnique({ where: { id } });
      const change = decide(row === null ? null : tenantSchema.parse(row));
      await refuseTakenHosts(sql, change.tenant);
      await write(sql, change);
      await change.within(sql);
      return change.tenant;
    });
  }
}

async function refuseTakenHosts(sql: Prisma.TransactionClient, { id, hosts }: Tenant): Promise<void> {
  const taken = await sql.tenant.findFirst({
    where: { id: { not: id }, hosts: { hasSome: [...hosts] } },
    select: { id: true },
  });
  if (taken === null) return;
  const problem = 'has one that belongs to another tenant';
  throw new ParlanceError('conflict', `hosts: ${problem}`, { fields: { hosts: problem } });
}

async function write(sql: Prisma.TransactionClient, { tenant, sealedHashKey }: TenantChange): Promise<void> {
  const { id, name, hosts, origins, payloadIdentity, dialects, defaultDialect, options } = tenant;
  await sql.$executeRaw`
    INSERT INTO identity.tenant AS t
      (tenant_id, name, hosts, origins, payload_identity, dialects, default_dialect, options, encrypt_hash_key)
    VALUES (${id}, ${name}, ${hosts}::text[], ${origins}::text[], ${payloadIdentity},
      ${jsonOf(dialects)}::jsonb, ${defaultDialect}, ${JSON.stringify(options)}::jsonb, ${sealedHashKey ?? null})
    ON CONFLICT (tenant_id) DO UPDATE SET
      name = excluded.name, hosts = excluded.hosts, origins = excluded.origins,
      payload_identity = excluded.payload_identity, dialects = excluded.dialects,
      default_dialect = excluded.default_dialect, options = excluded.options,
      encrypt_hash_key = CASE WHEN ${sealedHashKey === undefined} THEN t.encrypt_hash_key ELSE excluded.encrypt_hash_key END`;
}

function jsonOf(dialects: Tenant['dialects']): string | null {
  return dialects === null ? null : JSON.stringify(dialects);
}
