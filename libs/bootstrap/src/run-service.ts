import type { NestExpressApplication } from '@nestjs/platform-express';
import { baseFragments, hasSettingsOf, type ConfigOf, type Environment, type Fragment } from '@parlance/config';
import {
  Health,
  Metrics,
  createLogger,
  startTracing,
  systemClock,
  type Clock,
  type LoggerOptions,
} from '@parlance/observability';
import { bounded } from './bounded.js';
import { Drain } from './drain.js';
import { assertCanListen, type HttpAddress } from './http-listener.js';
import type { Foundation, Platform } from './platform.module.js';
import { superviseProcess, type ProcessHost } from './process-host.js';
import { EXIT_CONFIG, readSettings, type ReadOptions } from './read-settings.js';
import { startApp, type NestModule, type RunningApp } from './start-app.js';
import { startupLine } from './startup-error.js';

export { baseFragments };

export type BaseConfig = ConfigOf<typeof baseFragments>;

export type ServiceConfig<F extends readonly Fragment[]> = BaseConfig & ConfigOf<F>;

/** What a service opens before its app exists: the bus, and whatever else must outlive the app (a database, say). */
export interface Connection<B> {
  readonly bus: B;
  close(): void | Promise<void>;
}

export interface ServiceDefinition<F extends readonly Fragment[], B> {
  /** The app's name in logs and messages. */
  readonly name: string;
  /** The settings of this service, beside `baseFragments`. */
  readonly fragments: F;
  readonly connect: (config: ServiceConfig<F>, foundation: Foundation) => Connection<B> | Promise<Connection<B>>;
  readonly modules: (
    config: ServiceConfig<F>,
    platform: Platform<B>,
  ) => readonly NestModule[] | Promise<readonly NestModule[]>;
  /** Where to listen; HOST and PORT when not given. */
  readonly http?: (config: ServiceConfig<F>) => HttpAddress;
  /** Called before the app is initialised: body parsers, headers, a Socket.IO server on `app.getHttpServer()`. */
  readonly configure?: (
    app: NestExpressApplication,
    config: ServiceConfig<F>,
    platform: Platform<B>,
  ) => void | Promise<void>;
  /** Called when the app is ready, for what a person should read. */
  readonly announce?: (running: RunningApp, config: ServiceConfig<F>) => void | Promise<void>;
}

export interface RunOptions {
  /** The process; a test passes another. */
  readonly host?: ProcessHost;
  /** The environment of the process when not given. */
  readonly env?: Environment;
  /** Names with our prefix that belong to other processes of the stack. */
  readonly alsoKnown?: readonly string[];
  /** The system's clock when not given. */
  readonly clock?: Clock;
  /** Where the log goes; standard output when not given. */
  readonly destination?: NonNullable<LoggerOptions['destination']>;
}

const EXIT_FAILURE = 1;

/**
 * A whole service process: settings, log, bus, app, health, signals. Every failure to start is one line on standard error (one per
 * problem of the settings, exit code 78; anything else exit code 1). Resolves when the app is ready or has failed to start.
 */
export async function runService<const F extends readonly Fragment[], B>(
  definition: ServiceDefinition<F, B>,
  options: RunOptions = {},
): Promise<void> {
  const host = options.host ?? process;
  const config = settingsOf(definition, { ...options, host });
  if (config === undefined) {
    host.exit(EXIT_CONFIG);
    return;
  }
  const foundation = createFoundation(definition.name, config, options);
  const starting = startService(definition, config, foundation);
  supervise(host, config, foundation, starting);
  try {
    const running = await starting;
    foundation.logger.info({ code: 'ready', url: running.url }, 'ready');
    await definition.announce?.(running, config);
  } catch (error) {
    foundation.logger.debug({ code: 'start-failed', err: error }, 'could not start');
    host.stderr.write(`${startupLine(definition.name, error)}\n`);
    await starting.then(
      async (running) => running.close('start failed'),
      () => undefined, // It is this failure that has just been told, and `startApp` has closed what it opened.
    );
    host.exit(EXIT_FAILURE);
  }
}

function settingsOf<F extends readonly Fragment[], B>(
  { name, fragments }: ServiceDefinition<F, B>,
  options: ReadOptions,
): ServiceConfig<F> | undefined {
  const config: object | undefined = readSettings(name, [...baseFragments, ...fragments], options);
  if (config === undefined) return undefined;
  return hasSettingsOf(config, baseFragments) && hasSettingsOf(config, fragments) ? config : undefined;
}

function createFoundation(
  service: string,
  config: BaseConfig,
  { destination, clock = systemClock }: RunOptions,
): Foundation {
  const options: LoggerOptions = { service, level: config.log.level };
  const logger = createLogger(destination === undefined ? options : { ...options, destination });
  return {
    logger,
    metrics: new Metrics({ service, processMetrics: true }),
    health: new Health(),
    drain: new Drain({ logger, graceMs: config.drain.graceMs }),
    clock,
  };
}

async function startService<F extends readonly Fragment[], B>(
  definition: ServiceDefinition<F, B>,
  config: ServiceConfig<F>,
  foundation: Foundation,
): Promise<RunningApp> {
  const http = definition.http?.(config) ?? config.http;
  await assertCanListen(http);
  const { logger, metrics } = foundation;
  const tracing = await startTracing({ service: definition.name, ...config.tracing, logger, metrics });
  const connection = await orRelease(
    async () => definition.connect(config, foundation),
    async () => tracing.close(),
  );
  const platform = { ...foundation, bus: connection.bus };
  const release = async (): Promise<void> => {
    await connection.close();
    await tracing.close();
  };
  const modules = await orRelease(async () => definition.modules(config, platform), release);
  return startApp({
    platform,
    modules,
    http,
    announceMs: config.drain.announceMs,
    configure: async (app) => definition.configure?.(app, config, platform),
    release,
  });
}

/** `startApp` releases what it could not start; before it is called, that is ours to do. */
async function orRelease<T>(make: () => Promise<T>, release: () => Promise<void>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await release();
    throw error;
  }
}

function supervise(
  host: ProcessHost,
  config: BaseConfig,
  { logger, drain, clock }: Foundation,
  starting: Promise<RunningApp>,
): void {
  const { graceMs } = drain;
  superviseProcess(host, {
    logger,
    graceMs,
    clock,
    endsWithParent: config.process.endsWithParent,
    close: async (reason) => {
      const running = await bounded('the start', graceMs, async () => starting);
      await running.close(reason);
    },
  });
}
