// needs: nats-server
import { event, query } from '@parlance/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { busConformance } from './conformance.js';
import { connectNats } from './nats.js';
import { NatsServer } from './nats-server.fixture.js';

busConformance('NATS', async () => {
  const server = await NatsServer.start();
  return {
    connect: (name, options) => connectNats({ servers: server.url, name, ...options }),
    goAway: () => server.kill(),
    comeBack: () => server.restart(),
    stop: () => server.stop(),
  };
});

/** A server of one test, gone with it however it ends. */
async function startServer(more: readonly string[] = [], settings = ''): Promise<NatsServer> {
  const server = await NatsServer.start(more, settings);
  onTestFinished(() => server.stop());
  return server;
}

describe('connectNats', () => {
  it('says which server it cannot reach, without the credentials', async () => {
    const server = await startServer();
    await server.stop();
    const url = server.url.replace('nats://', 'nats://user:hush@');
    const error: unknown = await connectNats({ servers: url, name: 'test' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(String(error)).toContain(server.url);
    expect(String(error)).not.toContain('hush');
  });

  it('works with user and password, and says so when they are wrong', async () => {
    const server = await startServer(['--user', 'parlance', '--pass', 'p@ss']);
    const login = (pass: string) => server.url.replace('nats://', `nats://parlance:${encodeURIComponent(pass)}@`);
    const bus = await connectNats({ servers: login('p@ss'), name: 'test' });
    await bus.flush();
    await bus.drain();
    const refused: unknown = await connectNats({ servers: login('hush'), name: 'test' }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'permission-denied' });
    expect(String(refused)).not.toContain('hush');
  });

  it('keeps to the message size the server allows', async () => {
    const server = await startServer([], 'max_payload: 65536');
    const bus = await connectNats({ servers: server.url, name: 'test' });
    const echo = query('test.echo', z.object({ text: z.string() }), z.object({ text: z.string() }));
    await bus.serve(echo, async (input) => input);
    await bus.flush();
    const ask = (size: number) => bus.request(echo, { text: 'x'.repeat(size) });
    const answers = await Promise.all([30_000, 30_000, 30_000, 60_000].map(ask));
    expect(answers.map(({ text }) => text.length)).toEqual([30_000, 30_000, 30_000, 60_000]);
    await expect(ask(70_000)).rejects.toMatchObject({ code: 'too-large' });
    await bus.drain();
  });

  it('fails requests to a server that hangs, by their own timeout, and goes on when it wakes', async () => {
    const server = await startServer();
    const bus = await connectNats({ servers: server.url, name: 'test' });
    const contract = query('test.double', z.object({ n: z.number() }), z.object({ n: z.number() }));
    await bus.serve(contract, async ({ n }) => ({ n: n * 2 }));
    await bus.flush();
    await server.freeze();
    await expect(bus.request(contract, { n: 1 }, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'unavailable' });
    server.thaw();
    await bus.flush();
    expect(await bus.request(contract, { n: 2 })).toEqual({ n: 4 });
    await bus.drain();
  });

  it('drops what a server that does not read cannot take, and counts it', async () => {
    const server = await startServer();
    const drops: string[] = [];
    const bus = await connectNats({
      servers: server.url,
      name: 'test',
      metrics: { onDrop: (reason) => drops.push(reason) },
    });
    const noted = event('test.noted', z.object({ text: z.string() }));
    const text = 'x'.repeat(500_000);
    await server.freeze();
    for (let n = 0; n < 80; n += 1) bus.publish(noted, 'test.a', { text });
    expect(new Set(drops)).toEqual(new Set(['backlog']));
    expect(drops.length).toBeLessThan(20);
    server.thaw();
    await bus.flush();
    drops.length = 0;
    bus.publish(noted, 'test.a', { text });
    expect(drops).toEqual([]);
    await bus.drain();
  });
});
