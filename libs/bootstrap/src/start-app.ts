import 'reflect-metadata';
import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { bounded } from './bounded.js';
import { HttpEdge } from './http-edge.js';
import { listen, urlOf, type HttpAddress } from './http-listener.js';
import { NestLogger } from './nest.logger.js';
import { PlatformModule, type Platform } from './platform.module.js';

const KEEP_ALIVE_MS = 65_000;

export type NestModule = Type<unknown> | DynamicModule;

export interface AppOptions<B = unknown> {
  readonly platform: Platform<B>;
  readonly modules: readonly NestModule[];
  readonly http: HttpAddress;
  /** How long to be "not ready" before the shutdown goes on, in ms; default 0. */
  readonly announceMs?: number;
  /** Called before the app is initialised: body parsers, headers, a Socket.IO server on `app.getHttpServer()`. */
  readonly configure?: (app: NestExpressApplication) => void | Promise<void>;
  /** Called last when the app is closed, also when it could not start: what was opened for it. */
  readonly release?: () => void | Promise<void>;
}

export interface RunningApp {
  readonly app: NestExpressApplication;
  /** Where it listens, with the real port, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly port: number;
  /** Drains, closes the app, releases. Once; later calls wait for the same. Never rejects: failures are logged. */
  close(reason?: string): Promise<void>;
}

/**
 * Builds the Nest app and listens, with health and metrics in front. Touches nothing of the process: no signal, no exit, no
 * environment (except that Nest itself keeps its logger per process).
 * @throws StartupError when it cannot listen, or what a module throws; everything is then closed again.
 */
export async function startApp<B>(options: AppOptions<B>): Promise<RunningApp> {
  const edge = new HttpEdge(options.platform.health, options.platform.metrics);
  addDrainSteps(options, edge);
  let app: NestExpressApplication | undefined;
  const close = once(async (reason) => closeAll(options, app, reason));
  try {
    app = await createApp(options, edge);
    await options.configure?.(app);
    await app.init();
    const server = app.getHttpServer();
    // Longer than a proxy keeps an idle connection, so that it is the proxy that closes it, never between two of its requests.
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    const address = await listen(server, options.http);
    options.platform.health.markReady();
    return { app, url: urlOf(address), port: address.port, close };
  } catch (error) {
    await close('start-up failed');
    throw error;
  }
}

async function createApp<B>({ platform, modules }: AppOptions<B>, edge: HttpEdge): Promise<NestExpressApplication> {
  const adapter = new ExpressAdapter();
  adapter.disable('x-powered-by');
  // Before Nest sees the adapter, so that no module can put a route in front.
  adapter.use(edge.handle);
  // Nest declares this bag of options as a class but exports only its type: a literal is the one way to make it.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const options: NestApplicationOptions = {
    logger: new NestLogger(platform.logger, () => platform.health.state === 'starting'),
    abortOnError: false,
    bodyParser: false,
    // Requests were given the time to end in the drain; what is still open then must not keep the process.
    forceCloseConnections: true,
  };
  return NestFactory.create({ imports: [PlatformModule.forRoot(platform), ...modules] }, adapter, options);
}

function addDrainSteps<B>({ platform, announceMs = 0 }: AppOptions<B>, edge: HttpEdge): void {
  const { drain, health } = platform;
  drain.add('unready', 'health', async () => {
    const wasServing = health.state === 'ready';
    health.markDraining();
    if (wasServing && announceMs > 0) await new Promise((resolve) => setTimeout(resolve, announceMs));
  });
  drain.add('intake', 'http', () => edge.closeIntake());
  drain.add('finish', 'http', async () => edge.whenEmpty());
}

async function closeAll<B>(
  options: AppOptions<B>,
  app: NestExpressApplication | undefined,
  reason: string,
): Promise<void> {
  await options.platform.drain.run(reason);
  await closeStep(options.platform, 'app', async () => app?.close());
  await closeStep(options.platform, 'release', async () => options.release?.());
}

async function closeStep(platform: Platform, name: string, step: () => Promise<void>): Promise<void> {
  try {
    await bounded(name, platform.drain.graceMs, step);
  } catch (error) {
    platform.logger.error({ code: 'close-failed', step: name, err: error }, 'could not close cleanly');
  }
}

function once(work: (reason: string) => Promise<void>): (reason?: string) => Promise<void> {
  let running: Promise<void> | undefined;
  return async (reason = 'closed') => (running ??= work(reason));
}
