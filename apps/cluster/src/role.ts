/** The apps that run as processes of their own. */
export const ROLES = ['gateway', 'api', 'identity', 'message', 'call', 'presence', 'gamification'] as const;

export type Role = (typeof ROLES)[number];
