import { createInProcessHub, type Bus } from '@parlance/bus';
import { findPeers, findPresence, findUsers } from '@parlance/contracts';
import { sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import { ParlanceError, type CredentialKind, type User } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { names, type Caller } from './caller.js';
import { Directory } from './directory.js';
import { onlineAmong, presenceActions } from './presence.actions.js';

const SEEN = '2026-03-01T12:00:00.000Z';
const people = ['ann', 'bob', 'cleo', 'dan'].map((id) => sampleUser(id));
const [ann] = people;

let edge: Bus;
let service: Bus;
let online: string[];
let peers: string[];
let asked: (readonly [string, readonly string[]])[];
let away: boolean;

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  [online, peers, asked, away] = [['ann', 'bob', 'cleo'], ['bob'], [], false];
  await service.serve(findUsers, async ({ refs }) => ({
    users: refs.map((ref) => people.find((user) => names(ref, user)) ?? null),
    terminated: [],
  }));
  await service.serve(findPresence, async ({ userIds, lastSeen }) => {
    if (away) throw new ParlanceError('unavailable', 'away');
    asked.push(['presence', userIds]);
    const seen = lastSeen === true && userIds.includes('dan') ? [{ userId: 'dan', at: SEEN }] : [];
    return { online: userIds.filter((id) => online.includes(id)), lastSeenAt: seen };
  });
  await service.serve(findPeers, async ({ among }) => {
    asked.push(['peers', among]);
    return { peers: among.filter((id) => peers.includes(id)) };
  });
});
afterEach(() => Promise.all([edge.drain(), service.drain()]));

function callerOf(user: User | null, kind: CredentialKind = 'user'): Caller {
  const tenant = sampleTenant({ payloadIdentity: 'refuse' });
  const rest = { deviceId: null, dialect: null, credentialId: null, expiresAt: null };
  return { tenant, user, origin: null, credential: { kind, tenant, userId: user?.id ?? null, ...rest } };
}

const find = async (caller: Caller, ...ids: string[]) => {
  const actions = presenceActions({ bus: edge, directory: new Directory(edge), newId: () => 'x', maxTextChars: 1 });
  const users = ids.map((id) => ({ id }));
  const { found } = await actions['presence.find'](caller, { type: 'presence.find', users, lastSeen: true });
  return found.map(({ user, online: here }) => `${user?.id ?? 'nobody'} ${here ? 'on' : 'off'}`);
};

describe('who is online', () => {
  it('is told to a user of itself and those who share a room with it, in the order asked', async () => {
    expect(await find(callerOf(ann ?? null), 'cleo', 'ann', 'ghost', 'bob', 'dan', 'bob')).toEqual([
      'cleo off',
      'ann on',
      'nobody off',
      'bob on',
      'dan off',
      'bob on',
    ]);
    expect(asked).toEqual([
      ['presence', ['cleo', 'ann', 'bob', 'dan']],
      ['peers', ['cleo', 'bob']],
    ]);
  });

  it('costs no second question where nobody else is', async () => {
    online = ['ann'];
    expect(await find(callerOf(ann ?? null), 'ann', 'bob')).toEqual(['ann on', 'bob off']);
    expect(asked).toHaveLength(1);
  });

  it('is told to the app’s server of all, and to an app key of nobody', async () => {
    expect(await find(callerOf(null, 'secret'), 'cleo', 'bob')).toEqual(['cleo on', 'bob on']);
    await expect(find(callerOf(null, 'publishable'), 'bob')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('comes with when somebody was last seen, as presence knows it', async () => {
    const actions = presenceActions({ bus: edge, directory: new Directory(edge), newId: () => 'x', maxTextChars: 1 });
    const caller = callerOf(null, 'secret');
    const ask = async (lastSeen?: true) =>
      (await actions['presence.find'](caller, { type: 'presence.find', users: [{ id: 'dan' }], lastSeen })).found[0];
    expect((await ask(true))?.user?.lastSeenAt).toBe(SEEN);
    expect((await ask())?.user?.lastSeenAt).toBeNull();
  });

  it('is asked for in pages, and nobody shows in a list while presence is away', async () => {
    const ids = Array.from({ length: 1_200 }, (_, n) => `u${n}`);
    online = ['u3', 'u1199'];
    expect(await onlineAmong(edge, 't', ids)).toEqual(new Set(['u3', 'u1199']));
    expect(asked.map(([, page]) => page.length)).toEqual([500, 500, 200]);
    away = true;
    expect(await onlineAmong(edge, 't', ids)).toEqual(new Set());
    await expect(find(callerOf(null, 'secret'), 'bob')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
