import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { putDevice, removeDevice, sendPush } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { PUSH } from '../tokens.js';
import { isStorable } from '../user/user-rules.js';
import { DeviceRepository } from './device.repository.js';
import type { PushProvider } from './push-provider.js';

@Injectable()
export class PushController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(DeviceRepository) private readonly devices: DeviceRepository,
    @Inject(PUSH) private readonly provider: PushProvider,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(putDevice, async ({ tenantId, ...device }) => {
        if (!isStorable(Object.values(device).join(' ')))
          throw new ParlanceError('invalid', 'The device has characters that are no text.');
        await this.devices.put(tenantId, device);
        return {};
      }),
      this.bus.serve(removeDevice, async ({ tenantId, userId, deviceId }) => {
        if (isStorable(userId + (deviceId ?? ''))) await this.devices.remove(tenantId, userId, deviceId);
        return {};
      }),
      this.bus.serve(sendPush, async ({ tenantId, userIds, payload }) => {
        const devices = await this.devices.find(tenantId, userIds.filter(isStorable));
        if (devices.length > 0) this.provider.accept({ tenantId, devices, payload });
        return { accepted: devices.length };
      }),
    ]);
    this.drain.add('finish', 'identity-push', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
