import { httpRoute } from '@parlance/dialect-kit';
import { dialects } from '@parlance/dialect-registry';
import { idSchema, tenantFieldsSchema } from '@parlance/domain';
import { z } from 'zod';
import { keyAnswer, tenantAnswer } from './native.answers.js';
import { nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Tenants';
const params = z.object({ id: idSchema });

const NAMES: readonly string[] = dialects.map(({ name }) => name);
const dialectName = z.string().refine((name) => NAMES.includes(name), `must be one of ${NAMES.join(', ')}`);

const fields = {
  ...tenantFieldsSchema.shape,
  dialects: z.array(dialectName).max(NAMES.length).nullable().optional(),
  defaultDialect: dialectName.nullable().optional(),
};

const createTenant = httpRoute<'tenant.put'>()({
  method: 'post',
  path: '/tenants',
  body: 'json',
  summary: 'Makes a tenant; what is absent takes its default.',
  schema: z.object({ body: z.object({ id: idSchema.optional(), ...fields }) }),
  claim: () => ({}),
  intent: ({ body: { id, ...rest } }) => ({ type: 'tenant.put', id, mustExist: false, fields: rest }),
  answer: ({ tenant }) => ({ status: 201, body: tenant }),
});

const patchTenant = httpRoute<'tenant.put'>()({
  method: 'patch',
  path: '/tenants/:id',
  body: 'json',
  summary: 'Changes a tenant; what is absent stays, options are merged, token keys replace those there were.',
  schema: z.object({ params, body: z.object(fields) }),
  claim: () => ({}),
  intent: ({ params: { id }, body }) => ({ type: 'tenant.put', id, mustExist: true, fields: body }),
  answer: ({ tenant }) => ({ status: 200, body: tenant }),
});

const patchNamedTenant = httpRoute<'tenant.put'>()({
  method: 'patch',
  path: '/tenants',
  body: 'json',
  summary: 'The same for the tenant `id`, or the one that the key belongs to.',
  schema: z.object({ body: z.object({ id: idSchema.optional(), ...fields }) }),
  claim: () => ({}),
  intent: ({ body: { id, ...rest } }) => ({ type: 'tenant.put', id, mustExist: true, fields: rest }),
  answer: ({ tenant }) => ({ status: 200, body: tenant }),
});

const createKey = httpRoute<'key.create'>()({
  method: 'post',
  path: '/tenants/:id/keys',
  body: 'json',
  summary: 'Makes an API key. Its text is shown this once.',
  schema: z.object({ params, body: z.object({ kind: z.enum(['secret', 'publishable']) }) }),
  claim: () => ({}),
  intent: ({ params: { id }, body: { kind } }) => ({ type: 'key.create', tenantId: id, kind }),
  answer: ({ id, kind, key }) => ({ status: 201, body: { id, kind, key } }),
});

const revokeKey = httpRoute<'key.revoke'>()({
  method: 'delete',
  path: '/keys/:id',
  body: 'none',
  summary: 'Revokes an API key everywhere: the operator any, a secret key those of its own tenant.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'key.revoke', id }),
  answer: () => ({ status: 204, body: undefined }),
});

const admits = ['operator'] as const;

export const tenantRoutes: readonly NativeRoute[] = [
  nativeRoute(createTenant, { tag, answers: { 201: tenantAnswer }, admits }),
  nativeRoute(patchTenant, { tag, answers: { 200: tenantAnswer }, admits }),
  nativeRoute(patchNamedTenant, { tag, answers: { 200: tenantAnswer }, admits }),
  nativeRoute(createKey, { tag, answers: { 201: keyAnswer }, admits }),
  nativeRoute(revokeKey, { tag, answers: { 204: null }, admits: ['operator', 'secret'] }),
];
