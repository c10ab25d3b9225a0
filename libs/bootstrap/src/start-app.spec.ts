import { createServer, type AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startApp, type AppOptions, type RunningApp } from './start-app.js';
import { ToyModule, toyPlatform, type Toy, type ToyBus } from './toy.fixture.js';

const http = { host: '127.0.0.1', port: 0 };
const running: RunningApp[] = [];

async function start(options: Partial<AppOptions<ToyBus>> & { readonly platform?: Toy } = {}) {
  const platform = options.platform ?? toyPlatform();
  const app = await startApp({ modules: [ToyModule], http, ...options, platform });
  running.push(app);
  return { platform, ...app };
}

function linesWith(platform: Toy, word: string): readonly string[] {
  return platform.lines.filter((line) => line.includes(word));
}

async function getJson(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (app) => app.close()));
});

describe('startApp', () => {
  it('injects the platform and serves the modules of the app', async () => {
    const { url } = await start({ platform: toyPlatform({ clock: () => 42 }) });
    expect(await getJson(`${url}/hello`)).toEqual({ status: 200, body: { now: 42 } });
    expect((await fetch(`${url}/hello`)).headers.get('x-powered-by')).toBeNull();
  });

  it('answers health and metrics before any route of the app', async () => {
    const { url, platform } = await start();
    expect(await getJson(`${url}/health/live`)).toEqual({ status: 200, body: { live: true } });
    expect(await getJson(`${url}/health/ready?verbose`)).toEqual({ status: 200, body: { ready: true, missing: [] } });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toContain('toy_starts_total 1');
    platform.health.register('bus', () => 'not connected');
    expect(await getJson(`${url}/health/ready`)).toEqual({
      status: 503,
      body: { ready: false, missing: ['bus: not connected'] },
    });
    expect((await fetch(`${url}/health/ready`, { method: 'POST' })).status).toBe(404);
  });

  it('leaves the body parsing and the HTTP server to the app', async () => {
    const configure = vi.fn<NonNullable<AppOptions['configure']>>((app) => {
      app
        .getHttpServer()
        .on('upgrade', (_request: unknown, socket: { end(text: string): void }) =>
          socket.end('HTTP/1.1 426 No\r\n\r\n'),
        );
    });
    const { url } = await start({ configure });
    expect(configure).toHaveBeenCalledOnce();
    expect((await fetch(`${url}/hello`)).status).toBe(200);
  });

  it('drains in order: not ready, no new requests, those inside end, then everything closes', async () => {
    let finishSlow: () => void = () => undefined;
    const bus: ToyBus = { events: [], slow: new Promise((resolve) => (finishSlow = resolve)) };
    const platform = toyPlatform({ bus });
    let intakeClosed: () => void = () => undefined;
    const afterIntake = new Promise<void>((resolve) => (intakeClosed = resolve));
    platform.drain.add('finish', 'observer', () => intakeClosed());
    const { url, close } = await start({ platform, release: () => void bus.events.push('released') });

    const slow = fetch(`${url}/slow`, { method: 'POST' });
    await vi.waitUntil(() => bus.events.includes('slow-begun'));
    const closed = close('test');
    await afterIntake;
    expect(await getJson(`${url}/health/ready`)).toEqual({
      status: 503,
      body: { ready: false, missing: ['draining'] },
    });
    expect(await getJson(`${url}/health/live`)).toEqual({ status: 200, body: { live: true } });
    const refused = await fetch(`${url}/hello`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'unavailable' } });
    // A writer is to try elsewhere: it gets no answer that it could take for final.
    await expect(fetch(`${url}/slow`, { method: 'POST' })).rejects.toThrow();
    expect(bus.events.filter((event) => event === 'slow-begun')).toHaveLength(1);

    finishSlow();
    expect(await (await slow).text()).toBe('ended');
    await closed;
    expect(bus.events).toEqual(['slow-begun', 'finish', 'slow-ended', 'destroyed', 'released']);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('closes even when a request never ends, and logs it', async () => {
    const bus: ToyBus = { events: [], slow: new Promise(() => undefined) };
    const platform = toyPlatform({ bus, graceMs: 20 });
    const { url, close } = await start({ platform });
    const slow = fetch(`${url}/slow`, { method: 'POST' }).catch((error: unknown) => error);
    await vi.waitUntil(() => bus.events.includes('slow-begun'));
    await close('test');
    expect(await slow).toBeInstanceOf(Error);
    expect(linesWith(platform, 'drain-hook-failed').join('')).toContain('finish.http did not end within 20 ms');
  });

  it('closes once, whatever fails while closing', async () => {
    const release = vi.fn(() => {
      throw new Error('database gone');
    });
    const { close, platform } = await start({ release });
    await Promise.all([close('first'), close('second')]);
    expect(release).toHaveBeenCalledOnce();
    expect(linesWith(platform, 'close-failed')).toHaveLength(1);
  });

  it('goes on serving while it announces that it is going', async () => {
    const { url, close, platform } = await start({ announceMs: 1_000 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = close('test');
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/hello`)).status).toBe(200);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    await closed;
    expect(platform.bus.events).toContain('destroyed');
  });
});

describe('startApp, when it cannot', () => {
  it('names a taken port and the remedy, and closes what it had opened', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as AddressInfo;
    const platform = toyPlatform();
    const release = vi.fn();
    await expect(start({ platform, http: { host: '127.0.0.1', port }, release })).rejects.toMatchObject({
      problem: `port ${port} on 127.0.0.1 is already in use`,
      remedy: 'Stop the program that uses it, or choose another with PORT=<number>',
    });
    expect(release).toHaveBeenCalledOnce();
    expect(platform.bus.events).toContain('destroyed');
    expect(linesWith(platform, '"level":"error"')).toEqual([]);
    await new Promise((resolve) => blocker.close(resolve));
  });

  it('names an address that is not of this machine', async () => {
    await expect(start({ http: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
      problem: '192.0.2.1 is no address of this machine (port 0)',
    });
  });

  it('passes on what a module throws, without logging it as well', async () => {
    @Module({ providers: [{ provide: 'broken', useFactory: () => Promise.reject(new Error('no schema')) }] })
    class BrokenModule {}
    const platform = toyPlatform();
    await expect(start({ platform, modules: [BrokenModule] })).rejects.toThrow('no schema');
    expect(linesWith(platform, '"level":"error"')).toEqual([]);
  });
});
