import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { DRAIN, type Drain, HEALTH, Intake, LOGGER } from '@parlance/bootstrap';
import type { Health, Logger } from '@parlance/observability';
import { Database } from '@parlance/persistence';
import { DatabaseClock } from './database/database-clock.js';
import { FactController } from './fact/fact.controller.js';
import { FactRepository } from './fact/fact.repository.js';
import { FactService } from './fact/fact.service.js';
import { FeedRepository } from './feed/feed.repository.js';
import { FeedService } from './feed/feed.service.js';
import { Zones } from './feed/zones.js';
import { GAMIFICATION_CONFIG, type GamificationConfig } from './gamification.config.js';
import { LeaderboardController } from './leaderboard/leaderboard.controller.js';
import { LeaderboardRepository } from './leaderboard/leaderboard.repository.js';
import { LeaderboardService } from './leaderboard/leaderboard.service.js';
import { Audience } from './notice/audience.js';
import { DayNoticeRepository } from './notice/day-notice.repository.js';
import { NoticeService } from './notice/notice.service.js';
import { RewardNoticeRepository } from './notice/reward-notice.repository.js';
import { Teller } from './notice/teller.js';
import { RewardController } from './reward/reward.controller.js';
import { RewardRepository } from './reward/reward.repository.js';
import { RewardService } from './reward/reward.service.js';
import { RulesController } from './rules/rules.controller.js';
import { RulesRepository } from './rules/rules.repository.js';
import { RulesService } from './rules/rules.service.js';
import { ScoreController } from './score/score.controller.js';
import { ScoreRepository } from './score/score.repository.js';
import { ScoreService } from './score/score.service.js';

/** Beside its lanes: notices, feed, questions. */
const OTHER_CONNECTIONS = 3;

/** Scores, leaderboards and rewards, served over the bus. Needs the platform module and a migrated database. */
@Module({})
export class GamificationModule {
  constructor(@Inject(Database) database: Database, @Inject(HEALTH) health: Health, @Inject(DRAIN) drain: Drain) {
    health.register('gamification-database', async () => {
      await database.ping();
      return null;
    });
    drain.add('close', 'gamification-database', async () => database.close());
  }

  static register(config: GamificationConfig): DynamicModule {
    return {
      module: GamificationModule,
      controllers: [FactController, ScoreController, RulesController, LeaderboardController, RewardController],
      providers: [
        { provide: GAMIFICATION_CONFIG, useValue: config },
        { provide: Database, useFactory: (logger: Logger) => openDatabase(config, logger), inject: [LOGGER] },
        Intake,
        DatabaseClock,
        RulesRepository,
        RulesService,
        FactRepository,
        FactService,
        ScoreRepository,
        ScoreService,
        LeaderboardRepository,
        LeaderboardService,
        RewardRepository,
        RewardService,
        DayNoticeRepository,
        RewardNoticeRepository,
        Audience,
        Teller,
        NoticeService,
        FeedRepository,
        Zones,
        FeedService,
      ],
    };
  }
}

function openDatabase({ database, gamification }: GamificationConfig, logger: Logger): Database {
  return new Database({
    url: database.url,
    maxConnections: Math.min(database.pool, gamification.lanes + OTHER_CONNECTIONS),
    log: (line) => logger.warn({ code: 'database' }, line),
  });
}
