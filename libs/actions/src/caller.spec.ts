import { userProof } from '@parlance/auth';
import { sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import type { CredentialKind, Tenant, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { actingUser, actorOf, isServer, names, settleCaller, viewerOf } from './caller.js';
import type { Caller } from './caller.js';
import type { Account } from './directory.js';

const users = ['ann', 'bob', 'eve'].map((id) => sampleUser(id));
const directory = {
  account: async (_: string, ref: UserRef): Promise<Account> => {
    const user = users.find((one) => names(ref, one));
    if (user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return { user, terminated: user.id === 'eve' };
  },
  isProven: async (_: string, userId: string, proof: string): Promise<boolean> => proof === userProof('a key', userId),
};

type Rule = Tenant['payloadIdentity'];

function settle(kind: CredentialKind, payloadIdentity: Rule, claimed?: UserRef, proof?: string): Promise<Caller> {
  const tenant = sampleTenant({ payloadIdentity });
  const userId = kind === 'user' ? 'ann' : null;
  const credential = { kind, tenant, userId, deviceId: null, dialect: null, credentialId: 'k', expiresAt: null };
  return settleCaller(directory, credential, claimed, 'connection', proof);
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
      const caller = settle(kind, rule, claimed === undefined ? undefined : { id: claimed });
      if (who === null || who === 'ann' || who === 'bob') {
        expect((await caller).user?.id ?? null).toBe(who);
        expect((await caller).origin).toBe('connection');
      } else await expect(caller).rejects.toEqual(refused(who));
    },
  );

  it('knows a user by its id, its number and its name', () => {
    const ann = sampleUser('ann');
    const { number, username, identifier } = ann;
    const refs = [{ id: 'ann' }, { number }, { username }, { identifier }];
    expect(refs.map((ref) => names(ref, ann))).toEqual([true, true, true, true]);
    expect(refs.map((ref) => names(ref, sampleUser('robert')))).toEqual([false, false, false, false]);
  });
});

describe('a claim with a proof', () => {
  const proofOf = (id: string): string => userProof('a key', id);
  const ann = sampleUser('ann');

  it.each([
    ['publishable', 'signed', 'ann'],
    ['anonymous', 'signed', 'ann'],
    ['publishable', 'refuse', 'unauthenticated'],
    ['anonymous', 'refuse', 'unauthenticated'],
    ['anonymous', 'trust', 'ann'],
  ] as const)('of a %s credential where the tenant says %s: %s', async (kind, rule, expectation) => {
    for (const ref of [{ id: 'ann' }, { number: ann.number }, { username: ann.username }]) {
      const caller = settle(kind, rule, ref, proofOf('ann'));
      if (expectation === 'ann') expect((await caller).user?.id).toBe('ann');
      else await expect(caller).rejects.toEqual(refused(expectation));
    }
  });

  it.each([
    ['of another user', { id: 'ann' }, proofOf('bob')],
    ['of the number instead of the id', { number: ann.number }, proofOf(String(ann.number))],
    ['of another key', { id: 'ann' }, userProof('another key', 'ann')],
    ['of nothing', { id: 'ann' }, ''],
    ['of a user that does not exist, by name', { username: 'nobody' }, proofOf('nobody')],
    ['that is wrong for a user that does not exist', { id: 'nobody' }, proofOf('ann')],
  ])('%s is not believed', async (_, ref, proof) => {
    await expect(settle('anonymous', 'signed', ref, proof)).rejects.toEqual(refused('unauthenticated'));
  });

  it('of a user that is not there yet finds nobody', async () => {
    const caller = settle('anonymous', 'signed', { id: 'nobody' }, proofOf('nobody'));
    await expect(caller).rejects.toEqual(refused('not-found'));
  });
});

describe('a terminated user', () => {
  it.each([
    ['secret', 'refuse', 'permission-denied'],
    ['publishable', 'trust', 'unauthenticated'],
    ['anonymous', 'trust', 'unauthenticated'],
    ['anonymous', 'signed', 'unauthenticated'],
  ] as const)('is nobody that a %s credential acts as under %s: %s', async (kind, rule, code) => {
    await expect(settle(kind, rule, { id: 'eve' }, userProof('a key', 'eve'))).rejects.toEqual(refused(code));
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
      const caller = await settle(kind, 'trust', { id: 'ann' });
      expect([actingUser(caller).id, actorOf(caller)?.id, viewerOf(caller)]).toEqual(['ann', 'ann', 'ann']);
    }
  });
});
