import { sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import type { CredentialKind, Tenant, User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { actingUser, actorOf, isServer, names, settleCaller, viewerOf } from './caller.js';
import type { Caller } from './caller.js';

const users = ['ann', 'bob'].map((id) => sampleUser(id));
const directory = {
  user: async (_: string, ref: UserRef): Promise<User> => {
    const user = users.find((one) => names(ref, one));
    if (user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return user;
  },
};

type Rule = Tenant['payloadIdentity'];

function settle(kind: CredentialKind, payloadIdentity: Rule, claimed?: string): Promise<Caller> {
  const tenant = sampleTenant({ payloadIdentity });
  const userId = kind === 'user' ? 'ann' : null;
  const credential = { kind, tenant, userId, deviceId: null, dialect: null, credentialId: 'k', expiresAt: null };
  return settleCaller(directory, credential, claimed === undefined ? undefined : { id: claimed }, 'connection');
}

const KINDS: readonly CredentialKind[] = ['user', 'secret', 'publishable', 'anonymous'];
const RULES: readonly Rule[] = ['refuse', 'signed', 'trust'];
const refused = (code: string): unknown => expect.objectContaining({ code });

/** Who it acts as, or the code of the refusal. */
function expected(kind: CredentialKind, rule: Rule, claimed: string | undefined): string | null {
  if (kind === 'user') return claimed === undefined || claimed === 'ann' ? 'ann' : 'permission-denied';
  if (claimed === undefined) return null;
  if (kind !== 'secret' && rule !== 'trust') return 'unauthenticated';
  return claimed === 'nobody' ? 'not-found' : claimed;
}

const table = KINDS.flatMap((kind) =>
  RULES.flatMap((rule) =>
    [undefined, 'ann', 'bob', 'nobody'].map((claimed) => [kind, rule, claimed, expected(kind, rule, claimed)] as const),
  ),
);

describe('settleCaller', () => {
  it.each(table)(
    'a %s credential where the tenant says %s, claiming to be %s: %s',
    async (kind, rule, claimed, who) => {
      const caller = settle(kind, rule, claimed);
      if (who === null || who === 'ann' || who === 'bob') {
        expect((await caller).user?.id ?? null).toBe(who);
        expect((await caller).origin).toBe('connection');
      } else await expect(caller).rejects.toEqual(refused(who));
    },
  );

  it('knows a user by its id, its number and its name', () => {
    const ann = sampleUser('ann');
    const refs = [{ id: 'ann' }, { number: ann.number }, { username: ann.username }];
    expect(refs.map((ref) => names(ref, ann))).toEqual([true, true, true]);
    expect(refs.map((ref) => names(ref, sampleUser('robert')))).toEqual([false, false, false]);
  });
});

describe('acting for somebody', () => {
  it.each([
    ['secret', 'refuse', true],
    ['secret', 'trust', true],
    ['publishable', 'trust', true],
    ['publishable', 'signed', false],
    ['publishable', 'refuse', false],
    ['anonymous', 'trust', false],
    ['user', 'trust', false],
  ] as const)('%s under %s speaks for the app: %s', async (kind, rule, speaks) => {
    const caller = { ...(await settle(kind, rule)), user: null };
    expect(isServer(caller)).toBe(speaks);
    if (speaks) expect([actorOf(caller), viewerOf(caller)]).toEqual([null, null]);
    else {
      expect(() => actorOf(caller)).toThrow(refused('unauthenticated'));
      expect(() => viewerOf(caller)).toThrow(refused('unauthenticated'));
    }
    expect(() => actingUser(caller)).toThrow(refused('unauthenticated'));
  });

  it('acts as the user it names, whatever the credential', async () => {
    for (const kind of KINDS) {
      const caller = await settle(kind, 'trust', 'ann');
      expect([actingUser(caller).id, actorOf(caller)?.id, viewerOf(caller)]).toEqual(['ann', 'ann', 'ann']);
    }
  });
});
