import { putDevice, putUser, removeDevice, sendPush } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTenant, startDatabase, startIdentity, type Database, type Identity } from '../identity.fixture.js';
import { MAX_DEVICES_PER_USER } from './device.repository.js';

let database: Database;
let identity: Identity;

beforeAll(async () => {
  database = await startDatabase();
  identity = await startIdentity(database);
  for (const tenantId of ['acme', 'other']) {
    await makeTenant(database, { id: tenantId });
    for (const id of ['ann', 'bob']) await identity.edge.request(putUser, { tenantId, ref: { id }, fields: {} });
  }
});

afterAll(async () => {
  await identity.close();
  await database.stop();
});

const put = (userId: string, deviceId: string, pushToken: string, tenantId = 'acme') =>
  identity.edge.request(putDevice, { tenantId, userId, deviceId, kind: 'fcm', pushToken });
const remove = (userId: string, deviceId?: string, tenantId = 'acme') =>
  identity.edge.request(removeDevice, { tenantId, userId, deviceId });
const reach = async (userIds: string[], tenantId = 'acme') =>
  (await identity.edge.request(sendPush, { tenantId, userIds, payload: { alert: 'secret words' } })).accepted;

describe('the devices of a user', () => {
  it('are pushed to until they are removed, one or all', async () => {
    await put('ann', 'phone', 'a1');
    await put('ann', 'tablet', 'a2');
    await put('ann', 'tablet', 'a3');
    expect(await reach(['ann', 'bob', 'nobody'])).toBe(2);
    await remove('ann', 'phone');
    expect(await reach(['ann'])).toBe(1);
    await remove('ann');
    expect(await reach(['ann'])).toBe(0);
  });

  it('go over to whoever uses them now', async () => {
    await put('ann', 'shared', 'same token');
    await put('bob', 'shared', 'same token');
    expect([await reach(['ann']), await reach(['bob'])]).toEqual([0, 1]);
    await put('ann', 'shared', 'same token', 'other');
    expect([await reach(['bob']), await reach(['ann'], 'other')]).toEqual([1, 1]);
    await remove('bob');
  });

  it('are so many at most, the newest', async () => {
    for (let n = 0; n <= MAX_DEVICES_PER_USER; n += 1) await put('ann', `d${n}`, `many ${n}`);
    expect(await reach(['ann'])).toBe(MAX_DEVICES_PER_USER);
    const left = await database.persistence.prisma.pushDevice.findMany({ where: { tenantId: 'acme', userId: 'ann' } });
    expect(left.map(({ deviceId }) => deviceId)).not.toContain('d0');
  });

  it('need a user, and text', async () => {
    await expect(put('nobody', 'phone', 'x')).rejects.toMatchObject({ code: 'not-found' });
    await expect(put('ann', 'pho\u0000ne', 'x')).rejects.toMatchObject({ code: 'invalid' });
  });

  it('are named in the log of the default provider by number, never what is said to them', async () => {
    await put('bob', 'phone', 'token of bob');
    await reach(['bob']);
    const lines = identity.log.filter((line) => line.includes('"code":"push"'));
    expect(lines.at(-1)).toContain('"devices":1');
    expect(identity.log.join()).not.toMatch(/secret words|token of bob/);
  });
});

describe('the webhook of the settings', () => {
  it('needs a URL and a secret', async () => {
    const starting = startIdentity(database, { env: { PARLANCE_PUSH_PROVIDER: 'webhook' } });
    await expect(starting).rejects.toThrow(
      /PARLANCE_PUSH_WEBHOOK_URL is required[^]*PARLANCE_PUSH_WEBHOOK_SECRET is required/,
    );
  });

  it('is refused with a short secret or another scheme', async () => {
    for (const env of [{ PARLANCE_PUSH_WEBHOOK_SECRET: 'short' }, { PARLANCE_PUSH_WEBHOOK_URL: 'ftp://a.example' }])
      await expect(startIdentity(database, { env })).rejects.toThrow(/PARLANCE_PUSH_WEBHOOK/);
  });
});
