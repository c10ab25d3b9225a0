import { Health, Metrics } from '@parlance/observability';
import { Drain } from './drain.js';

/** What every app can inject: `@Inject(LOGGER) private readonly logger: Logger`. Classes are their own tokens. */
export const LOGGER = Symbol('LOGGER');
/** The app's connection to the bus; type `Bus` of `@parlance/bus`. */
export const BUS = Symbol('BUS');
/** Type `Clock` of `@parlance/observability`. */
export const CLOCK = Symbol('CLOCK');
export const METRICS = Metrics;
export const HEALTH = Health;
export const DRAIN = Drain;
