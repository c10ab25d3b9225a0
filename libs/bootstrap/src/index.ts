export { TimedOutError, bounded } from './bounded.js';
export { busMetrics } from './bus.metrics.js';
export { busFragments, connectBus, withTestFaults, type BusSettings } from './connect-bus.js';
export { DRAIN_PHASES, Drain, type DrainHook, type DrainOptions, type DrainPhase, type DrainReport } from './drain.js';
export { assertCanListen, urlOf, type HttpAddress } from './http-listener.js';
export { PlatformModule, type Foundation, type Platform } from './platform.module.js';
export { openHome, type Home, type Secrets } from './home.js';
export { superviseProcess, type ProcessHost, type SupervisedApp } from './process-host.js';
export { EXIT_CONFIG, readSettings, type ReadOptions } from './read-settings.js';
export { greeting, type Greeting } from './greeting.js';
export {
  NATS_SERVER,
  REDIS_SERVER,
  startServer,
  type ServerKind,
  type ServerPlace,
  type ServerProcess,
} from './server-process.js';
export { Intake } from './intake.js';
export { JobLoop } from './job-loop.js';
export { findProgram } from './find-program.js';
export {
  baseFragments,
  runService,
  type BaseConfig,
  type Connection,
  type RunOptions,
  type ServiceConfig,
  type ServiceDefinition,
} from './run-service.js';
export { startApp, type AppOptions, type NestModule, type RunningApp } from './start-app.js';
export { StartupError, oneLine, startupLine } from './startup-error.js';
export { BUS, CLOCK, DRAIN, HEALTH, LOGGER, METRICS } from './tokens.js';
