import { Inject, Injectable } from '@nestjs/common';
import { tokenKeySourceSchema, type Sealer, type TokenKeySource } from '@parlance/auth';
import type { Persistence, Prisma } from '@parlance/persistence';
import { PERSISTENCE, VAULT } from '../tokens.js';

interface SealedKey {
  readonly tenantId: string;
  readonly id: string;
  readonly material: string;
}

/** The only file that reads signing keys from the database, where they lie sealed. */
@Injectable()
export class SigningKeyRepository {
  constructor(
    @Inject(PERSISTENCE) private readonly persistence: Persistence,
    @Inject(VAULT) private readonly vault: Sealer,
  ) {}

  /** The keys of each tenant, the newest first. */
  async findMany(tenantIds: readonly string[]): Promise<ReadonlyMap<string, readonly TokenKeySource[]>> {
    const rows = await this.persistence.prisma.signingKey.findMany({
      where: { tenantId: { in: [...tenantIds] } },
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    });
    const byTenant = new Map<string, TokenKeySource[]>();
    for (const row of rows) byTenant.set(row.tenantId, [...(byTenant.get(row.tenantId) ?? []), this.#open(row)]);
    return byTenant;
  }

  /** Stores a key under an id that is its own within the tenant, unless that id is taken. */
  async createIfAbsent(tenantId: string, id: string, key: TokenKeySource): Promise<void> {
    const material = this.vault.seal(JSON.stringify(key), contextOf(tenantId, id));
    await this.persistence.prisma.$executeRaw`
      INSERT INTO identity.signing_key (tenant_id, id, issuer, material)
      VALUES (${tenantId}, ${id}, ${key.issuer}, ${material}) ON CONFLICT (tenant_id, id) DO NOTHING`;
  }

  /** These are the keys of the tenant's own tokens from now on, instead of those there were. Ours stay. */
  async replaceTenantKeys(
    sql: Prisma.TransactionClient,
    tenantId: string,
    keys: readonly TokenKeySource[],
  ): Promise<void> {
    await sql.signingKey.deleteMany({ where: { tenantId, issuer: 'tenant' } });
    const rows = keys.map((key, index) => {
      const id = `tenant-${index + 1}`;
      return {
        tenantId,
        id,
        issuer: key.issuer,
        material: this.vault.seal(JSON.stringify(key), contextOf(tenantId, id)),
      };
    });
    await sql.signingKey.createMany({ data: rows });
  }

  /** Whether the master key opens what is stored; also true when nothing is. */
  async isReadable(): Promise<boolean> {
    const row = await this.persistence.prisma.signingKey.findFirst({ orderBy: { createdAt: 'desc' } });
    return row === null || this.vault.open(row.material, contextOf(row.tenantId, row.id)) !== null;
  }

  #open({ tenantId, id, material }: SealedKey): TokenKeySource {
    const text = this.vault.open(material, contextOf(tenantId, id));
    if (text === null) throw new Error(`The master key does not open the signing key ${id} of the tenant ${tenantId}.`);
    return tokenKeySourceSchema.parse(JSON.parse(text));
  }
}

/** Sealed for its place: a row copied to another tenant does not open there. */
function contextOf(tenantId: string, id: string): string {
  return JSON.stringify([tenantId, id]);
}
