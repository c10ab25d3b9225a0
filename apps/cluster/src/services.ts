/** A service behind the edges, as the cluster runs it. */
interface ServiceTerms {
  /** How many processes share its work. */
  readonly replicas: number;
  /**
   * Settings that it reads beside the shared ones. Where DATABASE_URL or REDIS_URL is among them and nobody gave one, it gets the
   * cluster's own server.
   */
  readonly settings: readonly string[];
}

/** One entry for each service: what else the cluster does with a service follows from it. */
export const SERVICES = {
  identity: {
    replicas: 1,
    settings: [
      'DATABASE_URL',
      'PARLANCE_DEMO',
      'PARLANCE_MASTER_KEY',
      'PARLANCE_MASTER_KEY_PREVIOUS',
      'PARLANCE_DEFAULT_TENANT',
      'PARLANCE_TOKEN_TTL',
      'PARLANCE_OPERATOR_KEY',
      'PARLANCE_PUSH_PROVIDER',
      'PARLANCE_PUSH_WEBHOOK_URL',
      'PARLANCE_PUSH_WEBHOOK_SECRET',
      'PARLANCE_PUSH_WEBHOOK_TIMEOUT',
      'PARLANCE_PUSH_WEBHOOK_PRIVATE',
    ],
  },
  message: {
    replicas: 2,
    settings: [
      'DATABASE_URL',
      'PARLANCE_RESUME_WINDOW',
      'PARLANCE_LOG_KEEP',
      'PARLANCE_MESSAGE_QUEUE_ITEMS',
      'PARLANCE_MESSAGE_QUEUE_BYTES',
      'PARLANCE_MESSAGE_LANES',
    ],
  },
  call: {
    replicas: 2,
    settings: [
      'DATABASE_URL',
      'PARLANCE_CALL_RING_TIMEOUT',
      'PARLANCE_CALL_MEDIA_TIMEOUT',
      'PARLANCE_CALL_GRACE',
      'PARLANCE_LIMIT_CALLS_PER_MINUTE',
    ],
  },
  presence: {
    replicas: 2,
    settings: ['DATABASE_URL', 'REDIS_URL', 'PARLANCE_PRESENCE_LEASE', 'PARLANCE_PRESENCE_GRACE'],
  },
  gamification: {
    replicas: 2,
    settings: ['DATABASE_URL', 'PARLANCE_GAMIFICATION_QUEUE_ITEMS', 'PARLANCE_GAMIFICATION_LANES'],
  },
} as const satisfies Readonly<Record<string, ServiceTerms>>;

export type ServiceRole = keyof typeof SERVICES;

export function isService(name: string): name is ServiceRole {
  return name in SERVICES;
}

export const SERVICE_ROLES: readonly ServiceRole[] = Object.keys(SERVICES).filter(isService);

export function termsOf(service: ServiceRole): ServiceTerms {
  return SERVICES[service];
}
