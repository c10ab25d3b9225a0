import { Controller, Get, Inject, Module, Post, type OnModuleDestroy } from '@nestjs/common';
import { Health, Metrics, createLogger, systemClock, type Clock, type Logger } from '@parlance/observability';
import { Drain } from './drain.js';
import type { Platform } from './platform.module.js';
import { BUS, CLOCK, LOGGER } from './tokens.js';

/** A service small enough to read: what the specs of this library start. */

export interface ToyBus {
  readonly events: string[];
  /** What `POST /slow` waits for. */
  slow: Promise<void>;
}

@Controller()
export class ToyController implements OnModuleDestroy {
  constructor(
    @Inject(BUS) private readonly bus: ToyBus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Drain) drain: Drain,
    @Inject(Health) health: Health,
    @Inject(Metrics) metrics: Metrics,
  ) {
    drain.add('finish', 'toy', () => void bus.events.push('finish'));
    health.register('toy', () => null);
    metrics.counter({ name: 'toy_starts_total', help: 'Starts.' }).inc();
  }

  @Get('hello')
  hello(): { readonly now: number } {
    this.logger.info('hello');
    return { now: this.clock() };
  }

  @Get('health/ready')
  shadow(): string {
    return 'a route of the app must not hide the health of the app';
  }

  @Post('slow')
  async slow(): Promise<string> {
    this.bus.events.push('slow-begun');
    await this.bus.slow;
    this.bus.events.push('slow-ended');
    return 'ended';
  }

  onModuleDestroy(): void {
    this.bus.events.push('destroyed');
  }
}

@Module({ controllers: [ToyController] })
export class ToyModule {}

export interface Toy extends Platform<ToyBus> {
  readonly lines: string[];
}

export function toyPlatform(overrides: Partial<Platform<ToyBus>> & { readonly graceMs?: number } = {}): Toy {
  const lines: string[] = [];
  const logger = createLogger({ service: 'toy', level: 'debug', destination: { write: (line) => lines.push(line) } });
  return {
    logger,
    metrics: new Metrics(),
    health: new Health(50),
    drain: new Drain({ logger, graceMs: overrides.graceMs ?? 2_000 }),
    clock: systemClock,
    bus: { events: [], slow: Promise.resolve() },
    lines,
    ...overrides,
  };
}
