import { hashApiKey } from '@parlance/auth';
import { issueToken, putUser } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTenant, startDatabase, startIdentity, type Database } from '../identity.fixture.js';
import { KeyRepository } from '../key/key.repository.js';

const keyRows = z.array(z.object({ table: z.string(), key: z.string(), first: z.string() }));

const DEMO = { PARLANCE_DEMO: 'true' };
const NEXT_KEY = 'the master key after a rotation, 32 characters or more';

let database: Database;

beforeAll(async () => {
  database = await startDatabase();
});

afterAll(() => database.stop());

describe('the demo tenant', () => {
  it('is not there without the setting', async () => {
    const identity = await startIdentity(database);
    for (const key of ['demo-secret-key', 'demo-public-key', 'demo-operator-key', null]) {
      await expect(identity.verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    await identity.close();
  });

  it('is made once, by however many replicas, with its three keys and as the default of the installation', async () => {
    const replicas = await Promise.all([1, 2, 3].map(() => startIdentity(database, { env: DEMO })));
    const origin = 'https://any.example';
    for (const { verify } of replicas) {
      await expect(verify('demo-secret-key')).resolves.toMatchObject({ kind: 'secret', tenant: { id: 'demo' } });
      await expect(verify('demo-operator-key')).resolves.toMatchObject({ kind: 'operator' });
      await expect(verify('demo-public-key', { origin })).resolves.toMatchObject({ kind: 'publishable' });
      await expect(verify('demo-public-key')).resolves.toMatchObject({ kind: 'publishable' });
      await expect(verify('demo-secret-key', { origin })).rejects.toMatchObject({ code: 'permission-denied' });
      await expect(verify(null, { host: '127.0.0.1:3000' })).resolves.toMatchObject({
        kind: 'anonymous',
        tenant: { id: 'demo', payloadIdentity: 'trust', dialects: null, origins: [] },
      });
    }
    expect(await database.persistence.prisma.signingKey.count({ where: { tenantId: 'demo' } })).toBe(1);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('keeps what was done with it, and its tokens, over a restart', async () => {
    const before = await startIdentity(database, { env: DEMO });
    await before.edge.request(putUser, { tenantId: 'demo', ref: { id: 'ann' }, fields: { name: 'Ann' } });
    const { token } = await before.edge.request(issueToken, { tenantId: 'demo', userId: 'ann' });
    await before.close();
    const after = await startIdentity(database, { env: DEMO });
    await expect(after.verify(token)).resolves.toMatchObject({ userId: 'ann' });
    await after.close();
  });

  it('is announced in the log, for whoever did not mean it', async () => {
    const identity = await startIdentity(database, { env: DEMO });
    expect(identity.log.some((line) => line.includes('demo-keys'))).toBe(true);
    await identity.close();
  });

  it('keeps any other mode from starting, with the remedy', async () => {
    await expect(startIdentity(database)).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringMatching(/holds the demo keys.*PARLANCE_DEMO=true/),
    });
  });

  it('keeps any other mode from starting also when only one of its keys is left, under another name', async () => {
    await database.persistence.prisma.tenant.deleteMany({ where: { id: 'demo' } });
    await (await startIdentity(database)).close();
    const tenantId = await makeTenant(database, { id: 'acme' });
    const keys = new KeyRepository(database.persistence);
    await keys.createIfAbsent(tenantId, 'harmless', 'publishable', hashApiKey('demo-public-key'));
    await expect(startIdentity(database)).rejects.toMatchObject({ name: 'StartupError' });
    await database.persistence.prisma.tenantKey.deleteMany({ where: { tenantId } });
  });

  it('cannot be opened by a demo key that somebody stored after the start', async () => {
    const identity = await startIdentity(database);
    const keys = new KeyRepository(database.persistence);
    await keys.createIfAbsent('acme', 'demo-secret-key', 'secret', hashApiKey('demo-secret-key'));
    await expect(identity.verify('demo-secret-key')).rejects.toMatchObject({ code: 'unauthenticated' });
    await identity.close();
    await database.persistence.prisma.tenantKey.deleteMany({ where: { tenantId: 'acme' } });
  });
});

describe('the master key', () => {
  it('leaves nothing readable in the database, and can be changed while old tokens live', async () => {
    const first = await startIdentity(database);
    await first.edge.request(putUser, { tenantId: 'acme', ref: { id: 'ann' }, fields: {} });
    const { token } = await first.edge.request(issueToken, { tenantId: 'acme', userId: 'ann' });
    await first.close();
    const [row] = await database.persistence.prisma.signingKey.findMany({ where: { tenantId: 'acme' } });
    expect(row?.material).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(row?.material ?? '', 'base64url').toString('latin1')).not.toContain('"kty"');
    const rotated = { PARLANCE_MASTER_KEY: NEXT_KEY, PARLANCE_MASTER_KEY_PREVIOUS: first.masterKey };
    const second = await startIdentity(database, { env: rotated });
    await expect(second.verify(token)).resolves.toMatchObject({ userId: 'ann' });
    await second.close();
  });

  it('that does not open what is stored keeps the service from starting, with the remedy', async () => {
    const starting = startIdentity(database, { env: { PARLANCE_MASTER_KEY: NEXT_KEY } });
    await expect(starting).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringMatching(/PARLANCE_MASTER_KEY does not open.*PARLANCE_MASTER_KEY_PREVIOUS/),
    });
  });

  it('does not open a signing key that was copied to another tenant', async () => {
    const identity = await startIdentity(database);
    await makeTenant(database, { id: 'thief' });
    await database.persistence.prisma.$executeRaw`
      INSERT INTO identity.signing_key (tenant_id, id, issuer, material)
      SELECT 'thief', id, issuer, material FROM identity.signing_key WHERE tenant_id = 'acme'`;
    await identity.edge.request(putUser, { tenantId: 'thief', ref: { id: 'ann' }, fields: {} });
    const stolen = identity.edge.request(issueToken, { tenantId: 'thief', userId: 'ann' });
    await expect(stolen).rejects.toMatchObject({ code: 'internal' });
    const own = await identity.edge.request(issueToken, { tenantId: 'acme', userId: 'ann' });
    await expect(identity.verify(own.token)).resolves.toMatchObject({ tenant: { id: 'acme' } });
    await identity.close();
    await database.persistence.prisma.tenant.deleteMany({ where: { id: 'thief' } });
  });
});

describe('the settings', () => {
  it.each([
    [{ PARLANCE_MASTER_KEY: 'short' }, /PARLANCE_MASTER_KEY must have at least 32 characters/],
    [{ PARLANCE_MASTER_KEY: '' }, /PARLANCE_MASTER_KEY is missing/],
    [{ PARLANCE_DEMO: 'maybe' }, /PARLANCE_DEMO must be true or false/],
    [{ PARLANCE_TOKEN_TTL: '2h30' }, /PARLANCE_TOKEN_TTL must be a time/],
  ])('%j are refused in words', async (env, message) => {
    await expect(startIdentity(database, { env })).rejects.toThrow(message);
  });
});

describe('the catalog', () => {
  it('leads every primary, foreign and unique key of the schema with tenant_id', async () => {
    const rows = await database.persistence.prisma.$queryRaw`
      SELECT c.relname AS table, i.relname AS key, a.attname AS first
      FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_class i ON i.oid = x.indexrelid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
      WHERE c.relnamespace = 'identity'::regnamespace AND x.indisunique
      UNION ALL
      SELECT c.relname, k.conname, a.attname
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
      WHERE c.relnamespace = 'identity'::regnamespace AND k.contype = 'f'`;
    const keys = keyRows.parse(rows);
    expect(keys.length).toBeGreaterThanOrEqual(10);
    expect(keys.filter(({ first }) => first !== 'tenant_id')).toEqual([]);
  });
});
