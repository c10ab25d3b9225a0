import { Module, type DynamicModule } from '@nestjs/common';
import type { Clock, Health, Logger, Metrics } from '@parlance/observability';
import type { Drain } from './drain.js';
import { BUS, CLOCK, DRAIN, HEALTH, LOGGER, METRICS } from './tokens.js';

/** What an app has before it can talk to others. */
export interface Foundation {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly drain: Drain;
  readonly clock: Clock;
}

export interface Platform<B = unknown> extends Foundation {
  readonly bus: B;
}

/** Makes the platform injectable everywhere in the app. */
@Module({})
export class PlatformModule {
  static forRoot(platform: Platform): DynamicModule {
    const providers = [
      { provide: LOGGER, useValue: platform.logger },
      { provide: METRICS, useValue: platform.metrics },
      { provide: HEALTH, useValue: platform.health },
      { provide: DRAIN, useValue: platform.drain },
      { provide: CLOCK, useValue: platform.clock },
      { provide: BUS, useValue: platform.bus },
    ];
    return { module: PlatformModule, global: true, providers, exports: providers };
  }
}
