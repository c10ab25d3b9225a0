export type {
  BatchAnswer,
  BatchItem,
  Bus,
  BusStatus,
  ListenOptions,
  RequestContext,
  RequestOptions,
  ServeOptions,
  Subscription,
} from './bus.js';
export { createInProcessHub, inProcessBus } from './in-process.js';
export type { HubOptions, InProcessHub } from './in-process.js';
export type { BusLog, BusMetrics, BusOptions, DropReason } from './ports.js';
