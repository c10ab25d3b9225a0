import { Inject, Injectable } from '@nestjs/common';
import { ParlanceError } from '@parlance/domain';
import { sqlState, type Persistence } from '@parlance/persistence';
import { z } from 'zod';
import { PERSISTENCE } from '../tokens.js';
import { isRevocationKind, type Revocation, type Standing } from './standing-rules.js';

export interface UserKey {
  readonly tenantId: string;
  readonly userId: string;
}

const rowsSchema = z.array(
  z.object({
    tenantId: z.string(),
    userId: z.string(),
    terminated: z.boolean(),
    kind: z.string().nullable(),
    ref: z.string().nullable(),
    revokedAt: z.date().nullable(),
  }),
);
const terminatedSchema = z.array(z.object({ at: z.date(), message: z.string() }));

const FOREIGN_KEY_VIOLATION = '23503';

/** The only file that reads and writes which accounts have ended, and which tokens. */
@Injectable()
export class StandingRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  /** The standing of each of the users that exist, with one query. */
  async findMany(batch: readonly UserKey[]): Promise<readonly (UserKey & Standing)[]> {
    const rows = await this.persistence.prisma.$queryRaw`
      SELECT u.tenant_id AS "tenantId", u.id AS "userId", u.terminated_at IS NOT NULL AS terminated,
        r.kind, r.ref, r.revoked_at AS "revokedAt"
      FROM unnest(${batch.map(({ tenantId }) => tenantId)}::text[], ${batch.map(({ userId }) => userId)}::text[])
        AS asked(tenant_id, id)
      JOIN identity.app_user u ON u.tenant_id = asked.tenant_id AND u.id = asked.id
      LEFT JOIN identity.revocation r ON r.tenant_id = u.tenant_id AND r.user_id = u.id`;
    const standings = new Map<string, UserKey & Standing>();
    for (const { tenantId, userId, terminated, kind, ref, revokedAt } of rowsSchema.parse(rows)) {
      const key = JSON.stringify([tenantId, userId]);
      const known = standings.get(key) ?? { tenantId, userId, terminated, revocations: [] };
      const added: readonly Revocation[] =
        isRevocationKind(kind) && ref !== null && revokedAt !== null ? [{ kind, ref, at: revokedAt.getTime() }] : [];
      standings.set(key, { ...known, revocations: [...known.revocations, ...added] });
    }
    return [...standings.values()];
  }

  /** Ends an account, unless it has ended: when and with which words it did. Null: there is no such user. */
  async terminate(tenantId: string, userId: string, message: string): Promise<{ at: Date; message: string } | null> {
    const [, rows] = await this.persistence.prisma.$transaction([
      this.persistence.prisma.pushDevice.deleteMany({ where: { tenantId, userId } }),
      this.persistence.prisma.$queryRaw`
        UPDATE identity.app_user SET
          terminated_at = coalesce(terminated_at, now()),
          termination_message = coalesce(termination_message, ${message})
        WHERE tenant_id = ${tenantId} AND id = ${userId}
        RETURNING terminated_at AS at, termination_message AS message`,
    ]);
    return terminatedSchema.parse(rows)[0] ?? null;
  }

  /** Later times win. What has expired meanwhile is forgotten. Errors: `not-found` (no such user). */
  async revoke(tenantId: string, userId: string, revocation: Revocation, expiresAt: Date | null): Promise<void> {
    const { kind, ref } = revocation;
    const at = new Date(revocation.at);
    try {
      await this.persistence.prisma.$transaction([
        this.persistence.prisma.$executeRaw`
          DELETE FROM identity.revocation WHERE tenant_id = ${tenantId} AND user_id = ${userId} AND expires_at < ${at}`,
        this.persistence.prisma.$executeRaw`
          INSERT INTO identity.revocation (tenant_id, user_id, kind, ref, revoked_at, expires_at)
          VALUES (${tenantId}, ${userId}, ${kind}, ${ref}, ${at}, ${expiresAt})
          ON CONFLICT (tenant_id, user_id, kind, ref) DO UPDATE
          SET revoked_at = greatest(revocation.revoked_at, excluded.revoked_at)`,
      ]);
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new ParlanceError('not-found', 'User not found.');
      throw error;
    }
  }
}
