import { ERROR_CODES, ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { nativeRefusal } from './native.errors.js';

describe('nativeRefusal', () => {
  it('has a status for every code', () => {
    const statuses = ERROR_CODES.map((code) => [code, nativeRefusal(new ParlanceError(code, 'x')).status]);
    expect(Object.fromEntries(statuses)).toEqual({
      invalid: 400,
      unauthenticated: 401,
      'permission-denied': 403,
      'not-found': 404,
      conflict: 409,
      'too-large': 413,
      'rate-limited': 429,
      overloaded: 503,
      unavailable: 503,
      unsupported: 501,
      internal: 500,
    });
  });

  it('names fields as the documentation does', () => {
    const error = new ParlanceError('invalid', 'body.name: is bad; query.limit: is worse', {
      fields: { 'body.name': 'is bad', 'query.limit': 'is worse', 'params.id': 'is odd' },
    });
    expect(nativeRefusal(error).body).toEqual({
      error: {
        code: 'invalid',
        message: 'name: is bad; limit: is worse',
        details: { fields: { name: 'is bad', limit: 'is worse', id: 'is odd' } },
      },
    });
  });

  it('passes on when to repeat, and leaves out details that there are not', () => {
    const limited = nativeRefusal(new ParlanceError('rate-limited', 'Slow.', { retryAfterMs: 5 }));
    expect(limited.body).toEqual({ error: { code: 'rate-limited', message: 'Slow.', details: { retryAfterMs: 5 } } });
    expect(nativeRefusal(new ParlanceError('not-found', 'Gone.')).body).toEqual({
      error: { code: 'not-found', message: 'Gone.' },
    });
  });

  it('says nothing of what went wrong inside', () => {
    const error = new ParlanceError('internal', 'password=hush', { sql: 'select' }, { cause: new Error('secret') });
    expect(JSON.stringify(nativeRefusal(error))).not.toMatch(/hush|select|secret/);
  });
});
