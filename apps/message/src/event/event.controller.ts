import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { eventsAfter, listConnected } from '@parlance/contracts';
import { EventRepository } from './event.repository.js';

@Controller()
export class EventController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(EventRepository) private readonly events: EventRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(eventsAfter, async ({ cursor, ...filter }) => this.events.pageBatch(cursor, filter)),
      bus.serve(listConnected, async ({ tenantId, after, limit }) => {
        const userIds = [...(await this.events.connected(tenantId, after, limit))];
        return { userIds, next: userIds.length < limit ? null : (userIds.at(-1) ?? null) };
      }),
    ]);
  }
}
