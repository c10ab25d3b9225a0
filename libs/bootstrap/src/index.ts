export { TimedOutError, bounded } from './bounded.js';
export { busFragments, connectBus, withTestFaults, type BusSettings } from './connect-bus.js';
export { DRAIN_PHASES, Drain, type DrainHook, type DrainOptions, type DrainPhase, type DrainReport } from './drain.js';
export { assertCanListen, urlOf, type HttpAddress } from './http-listener.js';
export { PlatformModule, type Foundation, type Platform } from './platform.module.js';
export { type ProcessHost } from './process-host.js';
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
export { StartupError, startupLine } from './startup-error.js';
export { BUS, CLOCK, DRAIN, HEALTH, LOGGER, METRICS } from './tokens.js';
