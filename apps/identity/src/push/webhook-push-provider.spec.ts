import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createLogger } from '@parlance/observability';
import { freePort } from '@parlance/persistence';
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { PushDevice } from './push-provider.js';
import { WebhookPushProvider, type WebhookOptions } from './webhook-push-provider.js';
import { ID_HEADER, SIGNATURE_HEADER, type WebhookTarget } from './webhook-request.js';

const SECRET = 'the secret of the webhook, 32 characters';
const NOW = Date.parse('2026-03-01T12:00:00Z');

const paged = z.object({ devices: z.array(z.unknown()) });

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server | undefined;
let provider: WebhookPushProvider | undefined;

afterEach(async () => {
  await provider?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

/** A receiver that answers with these statuses in turn, the last one again and again; 0: it never answers. */
async function receiver(...statuses: readonly number[]) {
  const received: Received[] = [];
  const port = await freePort();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 204;
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      if (status !== 0) response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
  });
  await new Promise((resolve) => server?.listen(port, '127.0.0.1', () => resolve(null)));
  return { url: `http://127.0.0.1:${port}/push`, received };
}

function providerOf(target: Partial<WebhookTarget> & { readonly url: string }, over: Partial<WebhookOptions> = {}) {
  const pauses: number[] = [];
  const log: string[] = [];
  let ids = 0;
  provider = new WebhookPushProvider(
    {
      target: { secret: SECRET, timeoutMs: 300, allowPrivate: true, concurrency: 2, ...target },
      pausesMs: [10, 20, 30],
      queueBytes: 100_000,
      ...over,
    },
    {
      logger: createLogger({ service: 'spec', level: 'debug', destination: { write: (line) => log.push(line) } }),
      now: () => NOW,
      newId: () => `push-${++ids}`,
      pause: (ms) => Promise.resolve(void pauses.push(ms)),
    },
  );
  return { provider, pauses, log };
}

const device = (n: number): PushDevice => ({ userId: 'ann', deviceId: `d${n}`, kind: 'fcm', pushToken: `token-${n}` });
const push = { tenantId: 'acme', devices: [device(1)], payload: { alert: 'Hello' } };

describe('the webhook', () => {
  it('gets the push as JSON, signed with the time', async () => {
    const { url, received } = await receiver(204);
    const { provider: webhook } = providerOf({ url });
    webhook.accept(push);
    await webhook.close();
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(JSON.parse(body)).toEqual({ id: 'push-1', at: '2026-03-01T12:00:00.000Z', ...push });
    expect(headers).toMatchObject({ 'content-type': 'application/json', [ID_HEADER]: 'push-1' });
    const seconds = NOW / 1000;
    const mac = createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex');
    expect(headers[SIGNATURE_HEADER]).toBe(`t=${seconds},v1=${mac}`);
  });

  it('gets many devices in pages', async () => {
    const { url, received } = await receiver(200);
    const { provider: webhook } = providerOf({ url });
    webhook.accept({ ...push, devices: Array.from({ length: 250 }, (_, n) => device(n)) });
    await webhook.close();
    const sizes = received.map(({ body }) => paged.parse(JSON.parse(body)).devices.length);
    expect(sizes.sort()).toEqual([100, 100, 50]);
  });

  it.each([[500], [503], [429], [0]])(
    'that answers %i is asked four times in all, with the same id',
    async (status) => {
      const { url, received } = await receiver(status);
      const { provider: webhook, pauses, log } = providerOf({ url });
      webhook.accept(push);
      await webhook.close();
      expect(received.map(({ headers }) => headers[ID_HEADER])).toEqual(Array.from({ length: 4 }, () => 'push-1'));
      expect(pauses).toEqual([10, 20, 30]);
      expect(log.filter((line) => line.includes('push-given-up'))).toHaveLength(1);
    },
  );

  it('that recovers gets the push once more and no more', async () => {
    const { url, received } = await receiver(500, 204);
    const { provider: webhook } = providerOf({ url });
    webhook.accept(push);
    await webhook.close();
    expect(received).toHaveLength(2);
  });

  it.each([[400], [404], [302]])('that answers %i is not asked again, nor is anybody it points to', async (status) => {
    const { url, received } = await receiver(status);
    const { provider: webhook, log } = providerOf({ url });
    webhook.accept(push);
    await webhook.close();
    expect(received).toHaveLength(1);
    expect(log.join()).toContain(`"status":${status}`);
  });

  it('that is not there costs as many attempts and stops nothing', async () => {
    const { provider: webhook, pauses } = providerOf({ url: `http://127.0.0.1:${await freePort()}/` });
    webhook.accept(push);
    await webhook.close();
    expect(pauses).toHaveLength(3);
  });

  it('is never one in a private network, by address or by name', async () => {
    const { url, received } = await receiver(204);
    for (const target of [url, url.replace('127.0.0.1', 'localhost'), url.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
      const { provider: webhook, pauses, log } = providerOf({ url: target, allowPrivate: false });
      webhook.accept(push);
      await webhook.close();
      expect(log.join()).toContain('not on the public internet');
      expect(pauses).toEqual([]);
    }
    expect(received).toEqual([]);
  });

  it('lets wait what fits the queue, and takes nothing of what does not', async () => {
    const { url, received } = await receiver(0);
    const { provider: webhook } = providerOf({ url }, { pausesMs: [], queueBytes: 2_000 });
    const large = { ...push, payload: { text: 'x'.repeat(800) } };
    webhook.accept(large);
    webhook.accept(large);
    expect(() => webhook.accept(large)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    await webhook.close();
    expect(received).toHaveLength(2);
    expect(() => webhook.accept(push)).toThrow(expect.objectContaining({ code: 'overloaded' }));
  });

  it('is spoken of without the secrets of the devices', async () => {
    const { url } = await receiver(400);
    const { provider: webhook, log } = providerOf({ url });
    webhook.accept(push);
    await webhook.close();
    expect(log.join()).not.toMatch(/token-1|Hello|the secret/);
  });
});
