import { sampleUser } from '@parlance/dialect-kit/conformance';
import type { VerifiedCredential } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import { IdentityRefresher } from './identity-refresher.js';
import { aConnection, aDialect, quiet, TENANT } from './parts.fixture.js';

const dialect = aDialect('plain');

function world(get: () => Promise<VerifiedCredential>, terminated = false) {
  const [ann, bob] = [aConnection(dialect, 'ann').connection, aConnection(dialect, 'bob').connection];
  const revoked: Connection[] = [];
  const refresher = new IdentityRefresher({
    principals: { get },
    directory: {
      account: async (_, ref) => ({ user: sampleUser('id' in ref ? ref.id : '', { name: 'Renamed' }), terminated }),
    },
    connections: new Set([ann, bob]),
    revoked: (connection) => revoked.push(connection),
    logger: quiet,
  });
  const nameOf = ({ identity }: Connection): string | undefined => identity?.caller.user?.name;
  return { ann, bob, refresher, revoked, nameOf };
}

const good = (): VerifiedCredential => {
  const { identity } = aConnection(dialect).connection;
  if (identity === null) throw new Error('the sample is bound');
  return identity.caller.credential;
};
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('IdentityRefresher', () => {
  it('lets a renamed user send under the new name, on connections that were open before', async () => {
    const { ann, bob, refresher, nameOf } = world(async () => good());
    refresher.changed({ kind: 'user', tenantId: TENANT, id: 'ann' });
    await turns();
    expect([nameOf(ann), nameOf(bob)]).toEqual(['Renamed', 'Bob']);
    expect(ann.identity?.user.name).toBe('Renamed');
  });

  it.each([
    ['credential', 'key', 2],
    ['tenant', TENANT, 2],
    ['user', 'bob', 1],
    ['user', 'nobody', 0],
  ] as const)('puts out whom a change of a %s %s concerns when it no longer holds', async (kind, id, count) => {
    const { refresher, revoked } = world(() => Promise.reject(new ParlanceError('unauthenticated', 'revoked')));
    refresher.changed({ kind, tenantId: TENANT, id });
    await turns();
    expect(revoked).toHaveLength(count);
  });

  it('puts out whose account has ended, also where the app key alone is believed', async () => {
    const { ann, refresher, revoked } = world(async () => good(), true);
    refresher.changed({ kind: 'user', tenantId: TENANT, id: 'ann' });
    await turns();
    expect(revoked).toEqual([ann]);
  });

  it('puts nobody out because identity is away, or for another tenant', async () => {
    const { refresher, revoked } = world(() => Promise.reject(new ParlanceError('unavailable', 'away')));
    refresher.changed({ kind: 'user', tenantId: TENANT, id: 'ann' });
    refresher.changed({ kind: 'user', tenantId: 'another', id: 'ann' });
    await turns();
    expect(revoked).toEqual([]);
  });
});
