import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ParlanceError } from '@parlance/domain';
import { createLogger } from '@parlance/observability';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { nativeSurface } from '../native/native.surface.js';
import { surfaceRouter } from './registrar.js';

/** What a request for one user is answered with when the pipeline fails so, and what is logged. */
async function failing(failure: Error) {
  const log: string[] = [];
  const logger = createLogger({ service: 'api', level: 'info', destination: { write: (line) => log.push(line) } });
  const app = express().use(
    surfaceRouter(nativeSurface, {
      pipeline: {
        answer: (_surface, _route, { belongsTo }) => {
          belongsTo?.('acme');
          return Promise.reject(failure);
        },
      },
      bodies: { read: () => Promise.resolve({ body: undefined, files: [] }) },
      logger,
      trustedProxies: 0,
    }),
  );
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/api/v1/users/ann' });
  const response = new ServerResponse(request);
  const written = new Promise<string>((resolve) => {
    response.end = (chunk: unknown) => {
      resolve(String(chunk));
      return response;
    };
  });
  app(request, response);
  const body: unknown = JSON.parse(await written);
  return { status: response.statusCode, retryAfter: response.getHeader('retry-after'), body, log };
}

describe('a failing request', () => {
  it('tells the client nothing of what broke, and the log everything', async () => {
    const { status, body, log } = await failing(new Error('the wiring'));
    expect(status).toBe(500);
    expect(body).toEqual({ error: { code: 'internal', message: 'Something went wrong on the server.' } });
    expect(log.join('')).toContain('request-failed');
    expect(log.join('')).toContain('the wiring');
    expect(log.join('')).toContain('"tenantId":"acme"');
  });

  it('says when to repeat what may be repeated, in whole seconds', async () => {
    const limited = await failing(new ParlanceError('rate-limited', 'Slow.', { retryAfterMs: 2_001 }));
    expect(limited).toMatchObject({ status: 429, retryAfter: '3', log: [] });
    expect(await failing(new ParlanceError('unavailable', 'Away.'))).toMatchObject({ status: 503, retryAfter: '1' });
    expect((await failing(new ParlanceError('not-found', 'Gone.'))).retryAfter).toBeUndefined();
  });
});
