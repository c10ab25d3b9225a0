export { gatewayConfig, gatewayFragments } from './gateway.config.js';
export type { GatewaySettings } from './gateway.config.js';
export { GatewayModule } from './gateway.module.js';
