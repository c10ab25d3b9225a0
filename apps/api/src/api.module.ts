import { Inject, Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import { BUS, CLOCK, DRAIN, Drain, HEALTH, LOGGER } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import type { Clock, Health, Logger } from '@parlance/observability';
import { assembleApi } from './api.assembly.js';
import type { ApiSettings } from './api.config.js';

const SETTINGS = Symbol('API_SETTINGS');

/** Puts the api's routes on the app's Express instance when the app starts, before Nest's answer to unknown paths. */
@Injectable()
class ApiHost implements OnModuleInit {
  constructor(
    @Inject(SETTINGS) private readonly settings: ApiSettings,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost<ExpressAdapter>,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const { bus, logger, clock } = this;
    const api = await assembleApi(this.settings, { bus, logger, clock });
    this.host.httpAdapter.use(api.router);
    this.health.register('api-bus', () => (bus.connected ? null : 'the bus (NATS) is away'));
    this.drain.add('close', 'api', () => api.close());
  }
}

/** The native API, the dialects' REST companions and their documentation. Needs the platform module. */
@Module({})
export class ApiModule {
  static register(settings: ApiSettings): DynamicModule {
    return { module: ApiModule, providers: [{ provide: SETTINGS, useValue: settings }, ApiHost] };
  }
}
