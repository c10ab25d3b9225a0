import { connectNats, faultyBus, type Bus } from '@parlance/bus';
import { busFragments, type ConfigOf } from '@parlance/config';
import { ParlanceError } from '@parlance/domain';
import { busMetrics } from './bus.metrics.js';
import type { Foundation } from './platform.module.js';
import type { Connection } from './run-service.js';

export { busFragments };

export type BusSettings = ConfigOf<typeof busFragments>;

/** Shares of published events that a test's fault bus spoils, and how long one is held back, ms. */
const FAULTS = { drop: 0.05, duplicate: 0.05, reorder: 0.15, delayMs: 300, doubleRequests: 0.05 };

/**
 * Connects a service process to NATS. With PARLANCE_FAULT_SEED (tests only) its events are lost, doubled and reordered by that seed.
 * @throws ParlanceError `invalid` (faults outside tests), `unavailable` (not reached).
 */
export async function connectBus(
  name: string,
  config: BusSettings,
  { logger, metrics, health }: Foundation,
): Promise<Connection<Bus>> {
  const bus = await connectNats({ servers: config.bus.urls, name, log: logger, metrics: busMetrics(metrics) });
  // A service that cannot be reached is not ready, however well it is itself.
  health.register('nats', () => (bus.connected ? null : 'NATS is away'));
  const used = withTestFaults(bus, config);
  return { bus: used, close: () => used.drain() };
}

/**
 * The bus as it is, or, with PARLANCE_FAULT_SEED, one that errs.
 * @throws ParlanceError `invalid` when faults or planted bugs are asked for outside tests.
 */
export function withTestFaults(bus: Bus, { testing }: Pick<BusSettings, 'testing'>): Bus {
  const { env, plant, faultSeed } = testing;
  if (plant === 'none' && faultSeed === undefined) return bus;
  if (env === 'test') return faultSeed === undefined ? bus : faultyBus(bus, { seed: faultSeed, ...FAULTS });
  throw new ParlanceError(
    'invalid',
    'PARLANCE_PLANT and PARLANCE_FAULT_SEED are for tests: set PARLANCE_ENV=test or unset them.',
  );
}
