export type {
  BatchAnswer,
  BatchItem,
  Bus,
  BusStatus,
  EventTraces,
  ListenOptions,
  PublishOptions,
  RequestContext,
  RequestOptions,
  ServeOptions,
  Subscription,
} from './bus.js';
export { createInProcessHub, inProcessBus } from './in-process.js';
export type { HubOptions, InProcessHub } from './in-process.js';
export { DROP_REASONS } from './ports.js';
export type { BusLoad, BusLog, BusMetrics, BusOptions, DropReason } from './ports.js';
export { connectNats } from './nats.js';
export type { NatsOptions } from './nats.js';
export { faultyBus } from './fault/faulty-bus.js';
export type { FaultRecord, FaultReport, FaultyBus } from './fault/faulty-bus.js';
export type { FaultOptions } from './fault/fault-plan.js';
