import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { HEALTH, Intake, LOGGER } from '@parlance/bootstrap';
import type { Health, Logger } from '@parlance/observability';
import { Announcer } from './call/announcer.js';
import { CALL_CONFIG, type CallConfig } from './call.config.js';
import { CallChanges } from './call/call.changes.js';
import { CallController } from './call/call.controller.js';
import { CallRepository } from './call/call.repository.js';
import { CallService } from './call/call.service.js';
import { Inviter } from './call/inviter.js';
import { Standing } from './call/standing.js';
import { Database } from '@parlance/persistence';
import { SignalMail } from './signal/signal.mail.js';
import { SignalRepository } from './signal/signal.repository.js';
import { SignalService } from './signal/signal.service.js';
import { PodRepository, SocketRepository } from './socket/socket.repository.js';
import { SocketService } from './socket/socket.service.js';
import { SweepRepository } from './sweep/sweep.repository.js';
import { Sweeper } from './sweep/sweeper.js';

const NOUNS = [
  Intake,
  CallRepository,
  Announcer,
  CallChanges,
  Standing,
  Inviter,
  CallService,
  SignalRepository,
  SignalMail,
  SignalService,
  PodRepository,
  SocketRepository,
  SocketService,
  SweepRepository,
  Sweeper,
];

/** Calls: their states, deadlines, signals and history. Needs the platform module and a migrated database. */
@Module({})
export class CallModule implements OnModuleDestroy {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(HEALTH) health: Health,
  ) {
    health.register('call-database', async () => {
      await database.ping();
      return null;
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.database.close();
  }

  static register(config: CallConfig): DynamicModule {
    return {
      module: CallModule,
      controllers: [CallController],
      providers: [
        { provide: CALL_CONFIG, useValue: config },
        { provide: Database, useFactory: (logger: Logger) => openDatabase(config, logger), inject: [LOGGER] },
        ...NOUNS,
      ],
    };
  }
}

/** Calls are few and their statements short: more would only be taken from the message service. */
const MAX_CONNECTIONS = 6;

function openDatabase({ database }: CallConfig, logger: Logger): Database {
  return new Database({
    url: database.url,
    maxConnections: Math.min(database.pool, MAX_CONNECTIONS),
    log: (line) => logger.warn({ code: 'database' }, line),
  });
}
