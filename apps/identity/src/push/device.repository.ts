import { Inject, Injectable } from '@nestjs/common';
import { ParlanceError } from '@parlance/domain';
import { sqlState, type Persistence } from '@parlance/persistence';
import { PERSISTENCE } from '../tokens.js';
import type { PushDevice } from './push-provider.js';

/** Of more, the ones that were registered longest ago are forgotten. */
export const MAX_DEVICES_PER_USER = 20;

const FOREIGN_KEY_VIOLATION = '23503';

/** The only file that reads and writes push devices in the database. */
@Injectable()
export class DeviceRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  /**
   * Remembers a device. Whoever had the same push token loses it: the device has changed hands. Errors: `not-found` (no such user).
   */
  async put(tenantId: string, { userId, deviceId, kind, pushToken }: PushDevice): Promise<void> {
    const { prisma } = this.persistence;
    try {
      await prisma.$transaction([
        prisma.$executeRaw`
          DELETE FROM identity.push_device
          WHERE tenant_id = ${tenantId} AND md5(push_token) = md5(${pushToken}) AND push_token = ${pushToken}
            AND (user_id, device_id) <> (${userId}, ${deviceId})`,
        prisma.$executeRaw`
          INSERT INTO identity.push_device (tenant_id, user_id, device_id, kind, push_token, updated_at)
          VALUES (${tenantId}, ${userId}, ${deviceId}, ${kind}, ${pushToken}, clock_timestamp())
          ON CONFLICT (tenant_id, user_id, device_id) DO UPDATE
          SET kind = excluded.kind, push_token = excluded.push_token, updated_at = excluded.updated_at`,
        prisma.$executeRaw`
          DELETE FROM identity.push_device WHERE (tenant_id, user_id, device_id) IN (
            SELECT tenant_id, user_id, device_id FROM identity.push_device
            WHERE tenant_id = ${tenantId} AND user_id = ${userId}
            ORDER BY updated_at DESC, device_id OFFSET ${MAX_DEVICES_PER_USER})`,
      ]);
    } catch (error) {
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new ParlanceError('not-found', 'User not found.');
      throw error;
    }
  }

  async remove(tenantId: string, userId: string, deviceId: string | undefined): Promise<void> {
    const where = deviceId === undefined ? { tenantId, userId } : { tenantId, userId, deviceId };
    await this.persistence.prisma.pushDevice.deleteMany({ where });
  }

  async find(tenantId: string, userIds: readonly string[]): Promise<readonly PushDevice[]> {
    return this.persistence.prisma.pushDevice.findMany({
      where: { tenantId, userId: { in: [...userIds] } },
      select: { userId: true, deviceId: true, kind: true, pushToken: true },
      orderBy: [{ userId: 'asc' }, { deviceId: 'asc' }],
    });
  }
}
