import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyKind } from '@parlance/auth';
import { ParlanceError } from '@parlance/domain';
import { sqlState, type Persistence } from '@parlance/persistence';
import { z } from 'zod';
import { PERSISTENCE } from '../tokens.js';

const keySchema = z.object({
  tenantId: z.string(),
  id: z.string(),
  kind: z.enum(['secret', 'publishable', 'operator']),
  hash: z.instanceof(Uint8Array),
});

/** An API key as it is stored: nothing of its text but the id. */
export type StoredKey = Readonly<z.infer<typeof keySchema>>;

const removedSchema = z.array(z.object({ tenantId: z.string() }));
const FOREIGN_KEY_VIOLATION = '23503';

/** The only file that reads API keys from the database. */
@Injectable()
export class KeyRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  /** All keys of each id: a key's text does not say its tenant, so two tenants may have one each. */
  async findMany(ids: readonly string[]): Promise<ReadonlyMap<string, readonly StoredKey[]>> {
    const rows = await this.persistence.prisma.tenantKey.findMany({ where: { id: { in: [...ids] } } });
    const byId = new Map<string, StoredKey[]>();
    for (const row of rows) {
      const key = keySchema.parse(row);
      byId.set(key.id, [...(byId.get(key.id) ?? []), key]);
    }
    return byId;
  }

  /** Whether any of these keys is stored, under whatever id. */
  async anyOf(hashes: readonly Uint8Array[]): Promise<boolean> {
    const found = await this.persistence.prisma.tenantKey.findFirst({
      where: { hash: { in: hashes.map((hash) => Uint8Array.from(hash)) } },
      select: { id: true },
    });
    return found !== null;
  }

  /** Stores a new key. Errors: `not-found` (no such tenant). */
  async create(tenantId: string, { id, kind, hash }: Omit<StoredKey, 'tenantId'>): Promise<void> {
    try {
      await this.persistence.prisma.$executeRaw`
        INSERT INTO identity.tenant_key (tenant_id, id, kind, hash) VALUES (${tenantId}, ${id}, ${kind}, ${Buffer.from(hash)})`;
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new ParlanceError('not-found', 'There is no such tenant.');
      throw error;
    }
  }

  /** Deletes the keys of this id, of one tenant or (null) of any; answers the tenants that had one. */
  async remove(tenantId: string | null, id: string): Promise<readonly string[]> {
    const rows = await this.persistence.prisma.$queryRaw`
      DELETE FROM identity.tenant_key
      WHERE id = ${id} AND (${tenantId}::text IS NULL OR tenant_id = ${tenantId})
      RETURNING tenant_id AS "tenantId"`;
    return removedSchema.parse(rows).map((row) => row.tenantId);
  }

  /** Stores a key, unless the tenant has one of that id. */
  async createIfAbsent(tenantId: string, id: string, kind: ApiKeyKind, hash: Uint8Array): Promise<void> {
    await this.persistence.prisma.$executeRaw`
      INSERT INTO identity.tenant_key (tenant_id, id, kind, hash)
      VALUES (${tenantId}, ${id}, ${kind}, ${Buffer.from(hash)}) ON CONFLICT (tenant_id, id) DO NOTHING`;
  }
}
