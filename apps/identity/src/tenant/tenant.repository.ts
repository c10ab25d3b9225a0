import { Inject, Injectable } from '@nestjs/common';
import { tenantSchema, type Tenant } from '@parlance/domain';
import type { Persistence } from '@parlance/persistence';
import { z } from 'zod';
import { PERSISTENCE } from '../tokens.js';

const hostRows = z.array(z.object({ host: z.string(), tenantId: z.string() }));

/** The only file that reads tenants from the database. */
@Injectable()
export class TenantRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  async findMany(ids: readonly string[]): Promise<ReadonlyMap<string, Tenant>> {
    const rows = await this.persistence.prisma.tenant.findMany({ where: { id: { in: [...ids] } } });
    return new Map(rows.map((row) => [row.id, tenantSchema.parse(row)]));
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
        ${dialects === null ? null : JSON.stringify(dialects)}::jsonb, ${defaultDialect}, ${JSON.stringify(options)}::jsonb)
      ON CONFLICT (tenant_id) DO NOTHING`;
  }
}
