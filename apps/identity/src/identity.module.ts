import { Module, type DynamicModule } from '@nestjs/common';
import { sealer } from '@parlance/auth';
import { CLOCK, DRAIN, HEALTH, LOGGER, METRICS, type Drain } from '@parlance/bootstrap';
import { objectIdMaker } from '@parlance/domain';
import type { Clock, Health, Logger, Metrics } from '@parlance/observability';
import { createPersistence, type Persistence } from '@parlance/persistence';
import { randomBytes } from 'node:crypto';
import { CredentialController } from './credential/credential.controller.js';
import { CredentialService } from './credential/credential.service.js';
import { DemoService } from './demo/demo.service.js';
import type { IdentitySettings } from './identity.config.js';
import { KeyRepository } from './key/key.repository.js';
import { KeyService } from './key/key.service.js';
import { DeviceRepository } from './push/device.repository.js';
import { pushProviderOf } from './push/push-provider.factory.js';
import { PushController } from './push/push.controller.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { StandingController } from './standing/standing.controller.js';
import { StandingRepository } from './standing/standing.repository.js';
import { StandingService } from './standing/standing.service.js';
import { TenantController } from './tenant/tenant.controller.js';
import { TenantRepository } from './tenant/tenant.repository.js';
import { TenantService } from './tenant/tenant.service.js';
import { SigningKeyRepository } from './token/signing-key.repository.js';
import { TokenController } from './token/token.controller.js';
import { TokenService } from './token/token.service.js';
import { NEW_ID, PERSISTENCE, PUSH, SETTINGS, VAULT } from './tokens.js';
import { UserController } from './user/user.controller.js';
import { UserRepository } from './user/user.repository.js';
import { UserService } from './user/user.service.js';

const NOUNS = [
  TenantRepository,
  TenantService,
  KeyRepository,
  KeyService,
  UserRepository,
  UserService,
  UserController,
  SigningKeyRepository,
  StandingRepository,
  StandingService,
  StandingController,
  TokenService,
  TokenController,
  TenantController,
  SignInService,
  SignInController,
  DeviceRepository,
  PushController,
  CredentialService,
  CredentialController,
  DemoService,
];

/** Keeps what is sealed for the database apart from other uses of one secret. */
export const VAULT_PURPOSE = 'signing-key';

/** Tenants, API keys, users and tokens, served over the bus. Needs the platform module, and a migrated database. */
@Module({})
export class IdentityModule {
  static register(settings: IdentitySettings): DynamicModule {
    const { masterKey, previousMasterKey } = settings.identity;
    return {
      module: IdentityModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: VAULT, useValue: sealer(masterKey, { previous: previousMasterKey, purpose: VAULT_PURPOSE }) },
        { provide: NEW_ID, useFactory: (now: Clock) => objectIdMaker({ now, randomBytes }), inject: [CLOCK] },
        {
          provide: PERSISTENCE,
          useFactory: (...platform: [Logger, Health, Drain]) => openDatabase(settings, ...platform),
          inject: [LOGGER, HEALTH, DRAIN],
        },
        {
          provide: PUSH,
          useFactory: (logger: Logger, metrics: Metrics, now: Clock, newId: () => string, drain: Drain) =>
            pushProviderOf(settings, { logger, metrics, now, newId, drain }),
          inject: [LOGGER, METRICS, CLOCK, NEW_ID, DRAIN],
        },
        ...NOUNS,
      ],
    };
  }
}

function openDatabase({ database }: IdentitySettings, logger: Logger, health: Health, drain: Drain): Persistence {
  const log = (line: string): void => logger.warn({ code: 'database' }, line);
  const persistence = createPersistence({ url: database.url, maxConnections: database.pool, plansAnew: true, log });
  health.register('identity-database', async () => {
    await persistence.ping();
    return null;
  });
  drain.add('close', 'identity-database', () => persistence.close());
  return persistence;
}
