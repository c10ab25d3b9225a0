import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { clearRoom, createRoom, deleteRoom, getRoom, patchRoom, resolveRooms } from '@parlance/contracts';
import { RoomService } from './room.service.js';

@Controller()
export class RoomController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(RoomService) private readonly rooms: RoomService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { rooms } = this;
    await this.intake.open((bus) => [
      bus.serve(createRoom, async (input) => rooms.create(input)),
      bus.serve(getRoom, async ({ tenantId, roomId, viewerId }) => rooms.get(tenantId, roomId, viewerId)),
      bus.serve(resolveRooms, async ({ tenantId, keys }) => ({ rooms: [...(await rooms.resolve(tenantId, keys))] })),
      bus.serve(patchRoom, async (input) => rooms.patch(input)),
      bus.serve(clearRoom, async (input) => rooms.clear(input)),
      bus.serve(deleteRoom, async (input) => {
        await rooms.delete(input);
        return {};
      }),
    ]);
  }
}
