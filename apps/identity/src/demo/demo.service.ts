import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DEMO_KEYS, hashApiKey } from '@parlance/auth';
import { LOGGER, StartupError } from '@parlance/bootstrap';
import type { Logger } from '@parlance/observability';
import type { IdentitySettings } from '../identity.config.js';
import { KeyRepository } from '../key/key.repository.js';
import { DEMO_HASH_KEY, DEMO_TENANT } from '../tenant/demo-tenant.js';
import { OPERATOR_TENANT } from '../tenant/operator-tenant.js';
import { TenantService } from '../tenant/tenant.service.js';
import { SigningKeyRepository } from '../token/signing-key.repository.js';
import { TokenService } from '../token/token.service.js';
import { SETTINGS } from '../tokens.js';

/** Before anything is served: the demo tenant is made where it is wanted, and refused where it is not. */
@Injectable()
export class DemoService implements OnModuleInit {
  constructor(
    @Inject(SETTINGS) private readonly settings: IdentitySettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TenantService) private readonly tenants: TenantService,
    @Inject(KeyRepository) private readonly keys: KeyRepository,
    @Inject(SigningKeyRepository) private readonly signingKeys: SigningKeyRepository,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  /** Errors: StartupError. */
  async onModuleInit(): Promise<void> {
    await this.refuseWrongMasterKey();
    if (this.settings.identity.operatorKey !== undefined) await this.tenants.prepare(OPERATOR_TENANT);
    if (this.settings.identity.demo) await this.seed();
    else await this.refuseDemoKeys();
  }

  /** Makes the demo tenant, its keys and its signing key; what is there already stays as it is. */
  async seed(): Promise<void> {
    await this.tenants.prepare(DEMO_TENANT, DEMO_HASH_KEY);
    for (const { id, kind } of DEMO_KEYS) await this.keys.createIfAbsent(DEMO_TENANT.id, id, kind, hashApiKey(id));
    await this.tokens.prepare(DEMO_TENANT.id);
    this.logger.warn({ code: 'demo-keys' }, 'the tenant demo has keys that anybody knows: for demonstrations alone');
  }

  private async refuseDemoKeys(): Promise<void> {
    if (!(await this.keys.anyOf(DEMO_KEYS.map(({ id }) => hashApiKey(id))))) return;
    throw new StartupError(
      'The database holds the demo keys, which anybody knows',
      `Delete the tenant ${DEMO_TENANT.id}, or set PARLANCE_DEMO=true if this is a demonstration`,
    );
  }

  private async refuseWrongMasterKey(): Promise<void> {
    if (await this.signingKeys.isReadable()) return;
    throw new StartupError(
      'PARLANCE_MASTER_KEY does not open the signing keys in the database',
      'Set it to the key they were stored with, or give that one as PARLANCE_MASTER_KEY_PREVIOUS',
    );
  }
}
