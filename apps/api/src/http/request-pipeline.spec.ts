import { httpRoute, type HttpRoute } from '@parlance/dialect-kit';
import { idSchema, ParlanceError, type Tenant, type User, type VerifiedCredential } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RequestPipeline, type Arrival } from './request-pipeline.js';
import type { Surface } from './surface.js';

const TENANT: Tenant = {
  id: 't',
  name: 'T',
  hosts: [],
  origins: [],
  payloadIdentity: 'refuse',
  dialects: null,
  defaultDialect: null,
  options: {},
};

const USER: User = {
  id: '',
  number: 1,
  name: '',
  username: '',
  identifier: '',
  photo: null,
  isBot: false,
  verified: true,
  timeZone: null,
  metadata: {},
  lastSeenAt: null,
  createdAt: '2026-01-02T03:04:05.678Z',
};

function credentialOf(kind: VerifiedCredential['kind'], userId: string | null = null): VerifiedCredential {
  return { kind, tenant: TENANT, userId, deviceId: null, dialect: null, credentialId: kind, expiresAt: null };
}

const KNOWN = new Map<string | null, VerifiedCredential>([
  ['secret', credentialOf('secret')],
  ['token', credentialOf('user', 'ann')],
  ['app', { ...credentialOf('publishable'), tenant: { ...TENANT, payloadIdentity: 'signed' } }],
  [null, credentialOf('anonymous')],
]);

const route: HttpRoute = httpRoute<'user.find'>()({
  method: 'post',
  path: '/find',
  body: 'json',
  summary: 'Finds.',
  schema: z.object({ body: z.object({ by: idSchema.optional(), key: z.string().optional() }) }),
  claim: ({ body }) => ({ credential: body.key, ...(body.by === undefined ? {} : { user: { id: body.by } }) }),
  intent: () => ({ type: 'user.find', refs: [] }),
  answer: () => ({ status: 200, body: 'found' }),
});

/** A pipeline over ports that note what happened, in order. */
function setUp(over: Partial<Surface> = {}) {
  const steps: string[] = [];
  const surface: Surface = {
    name: 'test',
    roots: ['/'],
    routes: [route],
    credential: ({ authorization }) => (typeof authorization === 'string' ? authorization : null),
    keyless: true,
    admit: () => undefined,
    admitCaller: (_, caller) => void steps.push(`caller ${caller.user?.id ?? 'server'}`),
    refuse: () => ({ status: 400, body: null }),
    ...over,
  };
  const pipeline = new RequestPipeline({
    principals: {
      get: ({ credential }) => {
        steps.push(`verify ${credential ?? 'nothing'}`);
        const known = KNOWN.get(credential);
        return known === undefined
          ? Promise.reject(new ParlanceError('unauthenticated', 'No.'))
          : Promise.resolve(known);
      },
    },
    directory: {
      account: (_, ref) =>
        Promise.resolve({ user: { ...USER, id: 'id' in ref ? ref.id : 'nobody' }, terminated: false }),
      isProven: (_, userId, proof) => Promise.resolve(proof === `signed ${userId}`),
    },
    limits: {
      admitAddress: () => Promise.resolve(),
      noteRefusal: (address) => Promise.resolve(void steps.push(`refused ${address}`)),
      admit: (_, __, asks) => Promise.resolve(void steps.push(`admit ${asks}`)),
    },
    executorOf: () => () => Promise.resolve({ users: [] }),
  });
  const ask = (body: unknown, authorization?: string, proof?: string) => {
    const arrival: Arrival = {
      params: {},
      query: {},
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(proof === undefined ? {} : { 'x-parlance-proof': proof }),
      },
      address: 'here',
      readBody: () => {
        steps.push('body');
        return Promise.resolve({ body, files: [] });
      },
    };
    return pipeline.answer(surface, route, arrival);
  };
  return { steps, ask };
}

const coded = (code: string): unknown => expect.objectContaining({ code });

describe('RequestPipeline', () => {
  it('verifies before it reads, and limits before it acts', async () => {
    const { steps, ask } = setUp();
    expect(await ask({ by: 'bob' }, 'secret')).toEqual({ status: 200, body: 'found' });
    expect(steps).toEqual(['verify secret', 'body', 'caller bob', 'admit user.find']);
  });

  it('reads nothing for a credential that is not known, and counts the refusal', async () => {
    const { steps, ask } = setUp();
    await expect(ask({}, 'guess')).rejects.toEqual(coded('unauthenticated'));
    expect(steps).toEqual(['verify guess', 'refused here']);
  });

  it('asks for a credential where one is needed, else takes the tenant of the host', async () => {
    const keyed = setUp({ keyless: false });
    await expect(keyed.ask({})).rejects.toEqual(coded('unauthenticated'));
    expect(keyed.steps).toEqual([]);
    const open = setUp();
    await open.ask({});
    expect(open.steps).toEqual(['body', 'verify nothing', 'caller server', 'admit user.find']);
  });

  it('takes the credential of the payload before that of the header', async () => {
    const { steps, ask } = setUp();
    await ask({ key: 'token' }, 'secret');
    expect(steps).toEqual(['verify secret', 'body', 'verify token', 'caller ann', 'admit user.find']);
  });

  it('verifies a credential that stands in both places once', async () => {
    const { steps, ask } = setUp();
    await ask({ key: 'secret' }, 'secret');
    expect(steps.filter((step) => step.startsWith('verify'))).toEqual(['verify secret']);
  });

  it('runs nothing for a token that names somebody else', async () => {
    const { steps, ask } = setUp();
    await expect(ask({ by: 'bob' }, 'token')).rejects.toEqual(coded('permission-denied'));
    expect(steps).toEqual(['verify token', 'body']);
  });

  it('takes the proof of a claimed user from the header', async () => {
    const { steps, ask } = setUp();
    await ask({ by: 'bob' }, 'app', 'signed bob');
    expect(steps).toContain('caller bob');
    await expect(ask({ by: 'bob' }, 'app', 'signed ann')).rejects.toEqual(coded('unauthenticated'));
    await expect(ask({ by: 'bob' }, 'app')).rejects.toEqual(coded('unauthenticated'));
  });

  it('runs nothing that the surface does not admit', async () => {
    const refusing = (): never => {
      throw new ParlanceError('permission-denied', 'Not here.');
    };
    const { steps, ask } = setUp({ admit: refusing });
    await expect(ask({}, 'secret')).rejects.toEqual(coded('permission-denied'));
    expect(steps).toEqual(['verify secret']);
  });
});
