import { createInProcessHub, type Bus } from '@parlance/bus';
import {
  findUsers,
  issueToken,
  listUsers,
  putDevice,
  removeDevice,
  revokeTokens,
  sendPush,
  signIn,
  terminateUser,
} from '@parlance/contracts';
import { sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import type { CredentialKind, PayloadIdentity } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { names, type Caller } from './caller.js';
import { Directory } from './directory.js';
import { userActions } from './user.actions.js';

const END = '2026-03-01T12:00:00.000Z';
const [ann, bob] = [sampleUser('ann'), sampleUser('robert')];

let edge: Bus;
let service: Bus;
let asked: (readonly [string, unknown])[];
let actions: ReturnType<typeof userActions>;

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  asked = [];
  const note = (what: string, input: unknown): void => void asked.push([what, input]);
  await service.serve(findUsers, async ({ refs }) => ({
    users: refs.map((ref) => [ann, bob].find((user) => names(ref, user)) ?? null),
    terminated: [],
  }));
  await service.serve(listUsers, async (input) => (note('list', input), { users: [ann], total: 1 }));
  await service.serve(signIn, async (input) => {
    note('sign-in', input);
    return { user: ann, created: true, token: 't', expiresAt: END };
  });
  await service.serve(issueToken, async (input) => (note('issue', input), { token: 't', expiresAt: END }));
  await service.serve(revokeTokens, async (input) => (note('revoke', input), {}));
  await service.serve(terminateUser, async (input) => (note('terminate', input), {}));
  await service.serve(putDevice, async (input) => (note('put device', input), {}));
  await service.serve(removeDevice, async (input) => (note('remove device', input), {}));
  await service.serve(sendPush, async (input) => (note('push', input), { accepted: 2 }));
  const directory = new Directory(edge);
  actions = userActions({ bus: edge, directory, newId: () => 'new', maxTextChars: 100 });
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

interface CallerOptions {
  readonly kind?: CredentialKind;
  readonly rule?: PayloadIdentity;
  readonly user?: Caller['user'];
  readonly credential?: Partial<Caller['credential']>;
}

function callerOf({ kind = 'user', rule = 'refuse', user = ann, credential = {} }: CallerOptions = {}): Caller {
  const tenant = sampleTenant({ payloadIdentity: rule });
  return {
    tenant,
    user,
    origin: null,
    credential: {
      kind,
      tenant,
      userId: kind === 'user' ? 'ann' : null,
      deviceId: 'phone',
      dialect: null,
      credentialId: 'c1',
      expiresAt: END,
      ...credential,
    },
  };
}

const server = (user: Caller['user'] = null): Caller => callerOf({ kind: 'secret', user });
const trusted = (user: Caller['user'] = null): Caller => callerOf({ kind: 'publishable', rule: 'trust', user });
const app = callerOf({ kind: 'publishable', user: null });
const nobody = callerOf({ kind: 'anonymous', rule: 'trust', user: null });
const denied = expect.objectContaining({ code: 'permission-denied' });
const unauthenticated = expect.objectContaining({ code: 'unauthenticated' });
const owner = { tenantId: sampleTenant().id, userId: 'ann' };

describe('a sign-out', () => {
  const signOut = (caller: Caller) => actions['user.sign-out'](caller, { type: 'user.sign-out' });

  it('gives up the token that asks, with all of its device, or all of the user when the server asks', async () => {
    await signOut(callerOf());
    await signOut(callerOf({ credential: { deviceId: null } }));
    await signOut(server(ann));
    expect(asked).toEqual([
      ['revoke', { ...owner, credentialId: 'c1', deviceId: 'phone', expiresAt: END }],
      ['revoke', { ...owner, credentialId: 'c1', expiresAt: END }],
      ['revoke', { ...owner, all: true }],
    ]);
  });

  it('needs a token that can be named, or somebody to act as', async () => {
    const nameless = callerOf({ credential: { credentialId: null, deviceId: null } });
    await expect(signOut(nameless)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(signOut(server())).rejects.toEqual(unauthenticated);
    await expect(signOut(callerOf({ kind: 'anonymous', rule: 'trust' }))).rejects.toEqual(denied);
    expect(asked).toEqual([]);
  });
});

describe('a token', () => {
  const issue = (caller: Caller, userId = 'ann') =>
    actions['token.issue'](caller, { type: 'token.issue', userId, ttlSeconds: 60, deviceId: 'chosen' });

  it('is issued for anybody by a server, and for oneself as the heir of the own one', async () => {
    for (const caller of [server(), trusted()]) await issue(caller, 'robert');
    await issue(callerOf());
    const own = { deviceId: 'phone', from: { credentialId: 'c1', expiresAt: END } };
    expect(asked.map(([, input]) => input)).toEqual([
      { ...owner, userId: 'robert', ttlSeconds: 60, deviceId: 'chosen' },
      { ...owner, userId: 'robert', ttlSeconds: 60, deviceId: 'chosen' },
      { ...owner, ttlSeconds: 60, ...own },
    ]);
  });

  it('is not for somebody else, nor from a credential that has no end or no name', async () => {
    await expect(issue(callerOf(), 'robert')).rejects.toEqual(denied);
    await expect(issue(callerOf({ credential: { credentialId: null } }))).rejects.toEqual(denied);
    for (const caller of [app, nobody]) await expect(issue(caller)).rejects.toEqual(denied);
    expect(asked).toEqual([]);
  });
});

describe('a termination', () => {
  const terminate = (caller: Caller, ref: Parameters<typeof names>[0]) =>
    actions['user.terminate'](caller, { type: 'user.terminate', user: ref, message: 'Bye.' });

  it('is the server’s for anybody and a user’s for itself, however named', async () => {
    await terminate(server(), { identifier: bob.identifier });
    await terminate(callerOf(), { number: ann.number });
    expect(asked).toEqual([
      ['terminate', { ...owner, userId: 'robert', message: 'Bye.' }],
      ['terminate', { ...owner, message: 'Bye.' }],
    ]);
  });

  it('is nobody else’s, and tells nothing of who exists', async () => {
    for (const id of ['robert', 'nobody']) await expect(terminate(callerOf(), { id })).rejects.toEqual(denied);
    await expect(terminate(app, { id: 'ann' })).rejects.toEqual(unauthenticated);
    await expect(terminate(server(), { id: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([]);
  });
});

describe('devices and pushes', () => {
  it('are one’s own, and the secret key’s alone', async () => {
    const device = { deviceId: 'phone', kind: 'fcm', pushToken: 'p' };
    await actions['device.put'](callerOf(), { type: 'device.put', ...device });
    await actions['device.remove'](callerOf(), { type: 'device.remove' });
    const push = {
      type: 'push.send',
      users: [{ id: 'ann' }, { id: 'nobody' }, { number: ann.number }],
      payload: 1,
    } as const;
    expect(await actions['push.send'](server(), push)).toEqual({ accepted: 2 });
    expect(asked).toEqual([
      ['put device', { ...owner, ...device }],
      ['remove device', owner],
      ['push', { tenantId: owner.tenantId, userIds: ['ann'], payload: 1 }],
    ]);
    for (const caller of [callerOf(), trusted(), app, nobody])
      await expect(actions['push.send'](caller, push)).rejects.toEqual(denied);
    await expect(actions['device.put'](app, { type: 'device.put', ...device })).rejects.toEqual(unauthenticated);
  });

  it('to nobody who is known reach nobody', async () => {
    const push = { type: 'push.send', users: [{ id: 'nobody' }], payload: null } as const;
    expect(await actions['push.send'](server(), push)).toEqual({ accepted: 0 });
    expect(asked).toEqual([]);
  });
});

describe('users', () => {
  it('are listed for users and servers, and sign in without being anybody yet', async () => {
    const page = { type: 'user.list', search: 'a', offset: 0, limit: 10 } as const;
    for (const caller of [callerOf(), server(), trusted()]) await actions['user.list'](caller, page);
    expect(asked).toEqual(
      [1, 2, 3].map(() => ['list', { tenantId: owner.tenantId, search: 'a', offset: 0, limit: 10 }]),
    );
    for (const caller of [app, nobody])
      await expect(actions['user.list'](caller, page)).rejects.toEqual(unauthenticated);
    const attempt = { type: 'user.sign-in', identifier: 'a@x.io', proof: 'p', fields: {}, dialect: 'some' } as const;
    expect(await actions['user.sign-in'](nobody, attempt)).toMatchObject({ created: true, token: 't' });
  });
});
