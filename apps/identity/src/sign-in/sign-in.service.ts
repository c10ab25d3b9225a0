import { Inject, Injectable } from '@nestjs/common';
import { proofMatches, signInProof, userProof } from '@parlance/auth';
import type { signIn, verifyUserProof } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { TenantService } from '../tenant/tenant.service.js';
import { TokenService } from '../token/token.service.js';
import { UserService } from '../user/user.service.js';

type SignInInput = z.output<typeof signIn.input>;
type SignInAnswer = z.input<typeof signIn.output>;

/** What rests on the secret that a tenant shares with its app: the app's own sign-in, and users that its server signed. */
@Injectable()
export class SignInService {
  constructor(
    @Inject(TenantService) private readonly tenants: TenantService,
    @Inject(UserService) private readonly users: UserService,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  /** Errors: `unauthenticated` (wrong proof, no key set, ended account), those of putting a user. */
  async signIn({ tenantId, identifier, proof, fields, deviceId, dialect }: SignInInput): Promise<SignInAnswer> {
    const key = await this.tenants.hashKey(tenantId);
    if (key === null || !proofMatches(signInProof(key, identifier), proof)) throw refused('The sign-in is not valid.');
    const [account] = await this.users.accounts(tenantId, [{ identifier }]);
    if (account?.terminated === true) throw refused('This account has been terminated.');
    const put = await this.users.put({ tenantId, ref: { identifier }, fields: { ...fields, identifier } });
    const issued = await this.tokens.issue({ tenantId, userId: put.user.id, deviceId, dialect });
    return { ...put, ...issued };
  }

  async isProven({ tenantId, userId, proof }: z.output<typeof verifyUserProof.input>): Promise<boolean> {
    const key = await this.tenants.hashKey(tenantId);
    return key !== null && proofMatches(userProof(key, userId), proof);
  }
}

function refused(message: string): ParlanceError {
  return new ParlanceError('unauthenticated', message);
}
