import { SERVICE_ROLES, type ServiceRole } from './services.js';

/** The apps that run as processes of their own. */
export const ROLES: readonly Role[] = ['gateway', 'api', ...SERVICE_ROLES];

export type Role = 'gateway' | 'api' | ServiceRole;
