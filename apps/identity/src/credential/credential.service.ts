import { Inject, Injectable } from '@nestjs/common';
import {
  checkOrigin,
  looksLikeToken,
  parseApiKey,
  peekToken,
  type ApiKeyClaim,
  type CredentialRequest,
  type IdentityChange,
} from '@parlance/auth';
import { ParlanceError, toParlanceError, type Tenant, type VerifiedCredential } from '@parlance/domain';
import { Metrics } from '@parlance/observability';
import type { Counter } from 'prom-client';
import { KeyService } from '../key/key.service.js';
import { TenantService } from '../tenant/tenant.service.js';
import { TokenService } from '../token/token.service.js';

/** Who is this? Answered from memory where possible; what memory lacks is read together, per turn of the event loop. */
@Injectable()
export class CredentialService {
  readonly #verified: Counter<'outcome'>;

  constructor(
    @Inject(TenantService) private readonly tenants: TenantService,
    @Inject(KeyService) private readonly keys: KeyService,
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.#verified = metrics.counter({
      name: 'identity_verifications_total',
      help: 'Credentials that were looked at: ok, or the code of the refusal.',
      labels: ['outcome'],
      series: [{ outcome: 'ok' }, { outcome: 'unauthenticated' }],
    });
  }

  /** Errors: `unauthenticated`, `permission-denied` (origin). */
  async verify(request: CredentialRequest): Promise<VerifiedCredential> {
    try {
      const verified = await this.#identify(request);
      checkOrigin({ kind: verified.kind, allowed: verified.tenant.origins, origin: request.origin });
      this.#verified.inc({ outcome: 'ok' });
      return verified;
    } catch (error) {
      this.#verified.inc({ outcome: toParlanceError(error).code });
      throw error;
    }
  }

  forget({ kind, tenantId, id }: IdentityChange): void {
    if (kind === 'credential') this.keys.forget(id);
    if (kind !== 'tenant') return;
    this.tenants.forget(tenantId);
    this.tokens.forget(tenantId);
  }

  /** Forgets everything: changes may have been missed while the bus was away. */
  clear(): void {
    for (const noun of [this.keys, this.tenants, this.tokens]) noun.clear();
  }

  async #identify({ credential, host }: CredentialRequest): Promise<VerifiedCredential> {
    if (credential === null) return { ...NOBODY, kind: 'anonymous', tenant: await this.tenants.ofHost(host) };
    const claim = parseApiKey(credential);
    if (claim !== null) return this.#byKey(credential, claim);
    if (looksLikeToken(credential)) return this.#byToken(credential, host);
    throw refused('The credential is neither a key nor a token.');
  }

  async #byKey(text: string, claim: ApiKeyClaim): Promise<VerifiedCredential> {
    const key = await this.keys.find(text, claim);
    if (key === null) throw refused('The key is not valid.');
    const tenant = await this.#tenant(key.tenantId);
    return { ...NOBODY, kind: key.kind, tenant, credentialId: key.id };
  }

  /** A token of ours names its tenant; a tenant's own JWT need not, and is then for the tenant of the host. */
  async #byToken(token: string, host: string | null): Promise<VerifiedCredential> {
    const { tenantId } = peekToken(token);
    const tenant = tenantId === null ? await this.tenants.ofHost(host) : await this.#tenant(tenantId);
    const identity = await this.tokens.verify(token, tenant.id);
    return {
      kind: 'user',
      tenant,
      userId: identity.userId,
      deviceId: identity.deviceId,
      dialect: identity.dialect,
      credentialId: identity.tokenId,
      expiresAt: new Date(identity.expiresAt).toISOString(),
    };
  }

  async #tenant(id: string): Promise<Tenant> {
    const tenant = await this.tenants.get(id);
    if (tenant === null) throw refused('The credential is not valid.');
    return tenant;
  }
}

const NOBODY = { userId: null, deviceId: null, dialect: null, credentialId: null, expiresAt: null } as const;

function refused(message: string): ParlanceError {
  return new ParlanceError('unauthenticated', message);
}
