import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { countMembers, findAudience, findPeers, markDelivered } from '@parlance/contracts';
import { DeliveryService } from '../receipt/delivery.service.js';
import { AudienceRepository } from './audience.repository.js';

@Controller()
export class AudienceController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(AudienceRepository) private readonly audience: AudienceRepository,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(findAudience, async ({ tenantId, userIds, ...page }) => {
        const shared = await this.audience.shared(tenantId, userIds, page);
        const rooms = shared.rooms.flatMap(({ room, members }) => (room ? [{ room, memberIds: [...members] }] : []));
        return { rooms, next: shared.next };
      }),
      bus.serve(findPeers, async ({ tenantId, userId, among }) => ({
        peers: [...(await this.audience.peers(tenantId, userId, among))],
      })),
      bus.serve(countMembers, async ({ tenantId, roomIds, atMost }) => ({
        counts: [...(await this.audience.counts(tenantId, roomIds, atMost))],
      })),
      bus.serve(markDelivered, async ({ tenantId, marks }) => {
        await this.deliveries.mark(tenantId, marks);
        return {};
      }),
    ]);
  }
}
