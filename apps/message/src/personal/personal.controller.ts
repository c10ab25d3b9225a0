import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import {
  getRoomPreferences,
  hideMessages,
  listHidden,
  listPreferences,
  setPreference,
  setRoomPreferences,
} from '@parlance/contracts';
import { HideService } from './hide.service.js';
import { PreferenceService } from './preference.service.js';
import { RoomPreferencesService } from './room-preferences.service.js';

@Controller()
export class PersonalController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(PreferenceService) private readonly preferences: PreferenceService,
    @Inject(RoomPreferencesService) private readonly rooms: RoomPreferencesService,
    @Inject(HideService) private readonly hides: HideService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { preferences, rooms, hides } = this;
    await this.intake.open((bus) => [
      bus.serve(listPreferences, async ({ tenantId, userId }) => preferences.list(tenantId, userId)),
      bus.serve(setPreference, async (input) => {
        await preferences.set(input);
        return {};
      }),
      bus.serve(setRoomPreferences, async (input) => ({ preferences: await rooms.set(input) })),
      bus.serve(getRoomPreferences, async ({ tenantId, userId, roomIds }) => ({
        preferences: await rooms.find(tenantId, userId, roomIds),
      })),
      bus.serve(hideMessages, async (input) => hides.hide(input)),
      bus.serve(listHidden, async ({ tenantId, userId, roomId }) => hides.list(tenantId, userId, roomId)),
    ]);
  }
}
