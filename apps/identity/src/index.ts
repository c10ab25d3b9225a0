export { identityConfig, identityFragments, pushConfig } from './identity.config.js';
export type { IdentitySettings } from './identity.config.js';
export { IdentityModule } from './identity.module.js';
export { DEMO_TENANT } from './tenant/demo-tenant.js';
