import { Server as HttpServer } from 'node:http';
import { Inject, Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BUS, CLOCK, DRAIN, Drain, HEALTH, LOGGER, METRICS } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import type { Clock, Health, Logger, Metrics } from '@parlance/observability';
import { assembleGateway } from './gateway.assembly.js';
import type { GatewaySettings } from './gateway.config.js';

const SETTINGS = Symbol('GATEWAY_SETTINGS');

/** Attaches the gateway to the app's HTTP server when the app starts, and drains it before the app ends. */
@Injectable()
class GatewayHost implements OnModuleInit {
  constructor(
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(HEALTH) private readonly health: Health,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    const http = httpServerOf(this.host);
    const { bus, logger, metrics, health, clock } = this;
    const gateway = await assembleGateway(this.settings, { http, bus, logger, metrics, health, clock });
    // One step: services of the same process still answer in it, so that sessions are saved as they ended.
    this.drain.add('intake', 'gateway', async () => {
      await gateway.drain(this.drain.graceMs);
      await gateway.close();
    });
  }
}

function httpServerOf({ httpAdapter }: HttpAdapterHost): HttpServer {
  const server: unknown = httpAdapter.getHttpServer();
  if (isHttpServer(server)) return server;
  throw new TypeError('The gateway needs an HTTP server of Node.');
}

function isHttpServer(value: unknown): value is HttpServer {
  return value instanceof HttpServer;
}

@Module({})
export class GatewayModule {
  static register(settings: GatewaySettings): DynamicModule {
    return { module: GatewayModule, providers: [{ provide: SETTINGS, useValue: settings }, GatewayHost] };
  }
}
