export { gatewayConfig } from './gateway.config.js';
export { GatewayModule } from './gateway.module.js';
export type { GatewaySettings } from './gateway.assembly.js';
