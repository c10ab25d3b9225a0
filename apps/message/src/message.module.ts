import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { HEALTH, Intake, LOGGER } from '@parlance/bootstrap';
import type { Health, Logger } from '@parlance/observability';
import { AudienceController } from './audience/audience.controller.js';
import { AudienceRepository } from './audience/audience.repository.js';
import { BanController } from './ban/ban.controller.js';
import { BanRepository } from './ban/ban.repository.js';
import { BanService } from './ban/ban.service.js';
import { BlockController } from './block/block.controller.js';
import { BlockRepository } from './block/block.repository.js';
import { BlockService } from './block/block.service.js';
import { BroadcastRepository } from './broadcast/broadcast.repository.js';
import { BroadcastService } from './broadcast/broadcast.service.js';
import { Database } from './database/database.js';
import { EventController } from './event/event.controller.js';
import { EventRepository } from './event/event.repository.js';
import { FileController } from './file/file.controller.js';
import { FileRepository } from './file/file.repository.js';
import { FileService } from './file/file.service.js';
import { InvitationController } from './invitation/invitation.controller.js';
import { InvitationRepository } from './invitation/invitation.repository.js';
import { InvitationService } from './invitation/invitation.service.js';
import { LogController } from './log/log.controller.js';
import { LogRepository } from './log/log.repository.js';
import { LogService } from './log/log.service.js';
import { RoomLogRepository } from './log/room-log.repository.js';
import { MaintenanceRepository } from './maintenance/maintenance.repository.js';
import { MaintenanceService } from './maintenance/maintenance.service.js';
import { MemberController } from './member/member.controller.js';
import { MemberRepository } from './member/member.repository.js';
import { MemberService } from './member/member.service.js';
import { Membership } from './member/membership.js';
import { MESSAGE_CONFIG, plantOf, type MessageConfig } from './message.config.js';
import { MessageController } from './message/message.controller.js';
import { MessageRepository } from './message/message.repository.js';
import { MessageService } from './message/message.service.js';
import { HideRepository } from './personal/hide.repository.js';
import { HideService } from './personal/hide.service.js';
import { PersonalController } from './personal/personal.controller.js';
import { PreferenceRepository } from './personal/preference.repository.js';
import { PreferenceService } from './personal/preference.service.js';
import { RoomPreferencesRepository } from './personal/room-preferences.repository.js';
import { RoomPreferencesService } from './personal/room-preferences.service.js';
import { MarkController } from './reaction/mark.controller.js';
import { MarkRepository } from './reaction/mark.repository.js';
import { MarkService } from './reaction/mark.service.js';
import { SearchController } from './search/search.controller.js';
import { SearchRepository } from './search/search.repository.js';
import { SearchService } from './search/search.service.js';
import { StreamController } from './stream/stream.controller.js';
import { StreamRepository } from './stream/stream.repository.js';
import { StreamService } from './stream/stream.service.js';
import { StreamSweeper } from './stream/stream.sweeper.js';
import { ListingController } from './listing/listing.controller.js';
import { ListingRepository } from './listing/listing.repository.js';
import { IdleStreamRepository } from './maintenance/idle-stream.repository.js';
import { PageRepository } from './message/page.repository.js';
import { RoomPublisher } from './publish/room.publisher.js';
import { DeliveryRepository } from './receipt/delivery.repository.js';
import { DeliveryService } from './receipt/delivery.service.js';
import { ReceiptController } from './receipt/receipt.controller.js';
import { ReceiptRepository } from './receipt/receipt.repository.js';
import { ReceiptService } from './receipt/receipt.service.js';
import { LeaseRepository } from './relay/lease.repository.js';
import { RelayRepository } from './relay/relay.repository.js';
import { RelayService } from './relay/relay.service.js';
import { InfoRepository } from './room/info.repository.js';
import { RoomController } from './room/room.controller.js';
import { RoomRepository } from './room/room.repository.js';
import { RoomService } from './room/room.service.js';
import { SendRepository } from './send/send.repository.js';
import { SendService } from './send/send.service.js';
import { SessionController } from './session/session.controller.js';
import { SessionRepository } from './session/session.repository.js';
import { SessionService } from './session/session.service.js';

/** Rooms, members, messages, receipts, the room log and sessions. Needs the platform module and a migrated database. */
@Module({})
export class MessageModule implements OnModuleDestroy {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(HEALTH) health: Health,
  ) {
    health.register('message-database', async () => {
      await database.ping();
      return null;
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.database.close();
  }

  /** @throws Error when a bug is to be planted outside a test installation */
  static register(config: MessageConfig): DynamicModule {
    plantOf(config);
    return {
      module: MessageModule,
      controllers: [
        AudienceController,
        RoomController,
        MemberController,
        BanController,
        BlockController,
        InvitationController,
        MessageController,
        ReceiptController,
        LogController,
        EventController,
        SessionController,
        FileController,
        PersonalController,
        MarkController,
        SearchController,
        StreamController,
        ListingController,
      ],
      providers: [
        { provide: MESSAGE_CONFIG, useValue: config },
        { provide: Database, useFactory: (logger: Logger) => openDatabase(config, logger), inject: [LOGGER] },
        Intake,
        RoomPublisher,
        SendRepository,
        SendService,
        RoomRepository,
        RoomService,
        InfoRepository,
        MemberRepository,
        MemberService,
        Membership,
        BanRepository,
        BanService,
        BlockRepository,
        BlockService,
        BroadcastRepository,
        BroadcastService,
        InvitationRepository,
        InvitationService,
        MessageRepository,
        MessageService,
        AudienceRepository,
        DeliveryRepository,
        DeliveryService,
        ReceiptRepository,
        ReceiptService,
        RoomLogRepository,
        LogRepository,
        LogService,
        EventRepository,
        SessionRepository,
        SessionService,
        LeaseRepository,
        RelayRepository,
        RelayService,
        MaintenanceRepository,
        MaintenanceService,
        FileRepository,
        FileService,
        HideRepository,
        HideService,
        PreferenceRepository,
        PreferenceService,
        RoomPreferencesRepository,
        RoomPreferencesService,
        MarkRepository,
        MarkService,
        PageRepository,
        SearchRepository,
        SearchService,
        StreamRepository,
        StreamService,
        StreamSweeper,
        IdleStreamRepository,
        ListingRepository,
      ],
    };
  }
}

function openDatabase({ database, message }: MessageConfig, logger: Logger): Database {
  return new Database({
    url: database.url,
    maxConnections: database.pool,
    sendConnections: message.lanes,
    log: (line) => logger.warn({ code: 'database' }, line),
  });
}
