import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fragment, integer, setting } from '@parlance/config';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { runService, type ServiceDefinition } from './run-service.js';
import type { RunningApp } from './start-app.js';
import { StartupError } from './startup-error.js';
import { ToyModule, type ToyBus } from './toy.fixture.js';

const toyConfig = fragment('toy', {
  size: setting({ env: 'TOY_SIZE', schema: integer(1, 9), doc: 'Size of the toy.' }),
});
type ToyDefinition = ServiceDefinition<readonly [typeof toyConfig], ToyBus>;

/** Stands in for `process`: signals are events, and an exit is one too. */
class FakeHost extends EventEmitter {
  readonly exits: number[] = [];
  written = '';
  readonly stderr = { write: (text: string) => (this.written += text) };

  exit(code: number): void {
    this.exits.push(code);
    this.emit('exit', code);
  }
}

function toyService(overrides: Partial<ToyDefinition> = {}, env: Record<string, string> = {}) {
  const host = new FakeHost();
  const lines: string[] = [];
  const bus: ToyBus = { events: [], slow: Promise.resolve() };
  const state: { app?: RunningApp; now: number } = { now: 1_000_000 };
  const definition: ToyDefinition = {
    name: 'toy',
    fragments: [toyConfig],
    connect: () => ({ bus, close: () => void bus.events.push('bus-closed') }),
    modules: () => [ToyModule],
    announce: (running) => void (state.app = running),
    ...overrides,
  };
  const run = async () =>
    runService(definition, {
      host,
      clock: () => state.now,
      env: { PORT: '0', TOY_SIZE: '3', DRAIN_GRACE_MS: '2000', ...env },
      destination: { write: (line) => lines.push(line) },
    });
  const stop = async (signal = 'SIGTERM') => {
    const exited = once(host, 'exit');
    host.emit(signal);
    await exited;
  };
  return { host, lines, bus, state, run, stop, exited: once(host, 'exit') };
}

describe('runService', () => {
  it('gives the parts their settings, serves, and logs that it is ready', async () => {
    const toy = toyService({
      connect: (config) => ({
        bus: { events: [`size ${config.toy.size}, level ${config.log.level}`], slow: Promise.resolve() },
        close: () => undefined,
      }),
    });
    await toy.run();
    expect((await fetch(`${toy.state.app?.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${toy.state.app?.url}/metrics`)).text()).toContain('process_cpu_seconds_total');
    const ready = toy.lines.filter((line) => line.includes('"ready"')).map((line): unknown => JSON.parse(line));
    expect(ready).toMatchObject([{ msg: 'ready', url: toy.state.app?.url, service: 'toy' }]);
    await toy.stop();
  });

  it('ends when the channel to its parent closes, if it was told to', async () => {
    const toy = toyService({}, { PARLANCE_ENDS_WITH_PARENT: 'true' });
    await toy.run();
    await toy.stop('disconnect');
    expect(toy.bus.events).toEqual(['finish', 'destroyed', 'bus-closed']);
    expect(toy.host.exits).toEqual([0]);
  });

  it('lives on without its parent otherwise', async () => {
    const toy = toyService();
    await toy.run();
    expect(toy.host.listenerCount('disconnect')).toBe(0);
    await toy.stop();
  });

  it.each(['SIGTERM', 'SIGINT'])('%s: drains, closes the bus last, exits 0', async (signal) => {
    const toy = toyService();
    await toy.run();
    await toy.stop(signal);
    expect(toy.bus.events).toEqual(['finish', 'destroyed', 'bus-closed']);
    expect(toy.host.exits).toEqual([0]);
    expect(toy.host.written).toBe('');
  });

  it('a second signal exits 1 at once; an echo of the first does not count', async () => {
    const toy = toyService();
    toy.bus.slow = new Promise(() => undefined);
    await toy.run();
    const slow = fetch(`${toy.state.app?.url}/slow`, { method: 'POST' }).catch(() => undefined);
    while (!toy.bus.events.includes('slow-begun')) await new Promise(setImmediate);
    toy.host.emit('SIGTERM');
    toy.state.now += 499;
    toy.host.emit('SIGINT');
    expect(toy.host.exits).toEqual([]);
    toy.state.now += 1;
    toy.host.emit('SIGINT');
    expect(toy.host.exits).toEqual([1]);
    await toy.state.app?.app.close();
    await slow;
  });

  it('a signal while it starts ends it as soon as it has started', async () => {
    let connected: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (connected = resolve));
    const bus: ToyBus = { events: [], slow: Promise.resolve() };
    const toy = toyService({
      connect: async () => waiting.then(() => ({ bus, close: () => void bus.events.push('bus-closed') })),
    });
    const started = toy.run();
    toy.host.emit('SIGTERM');
    connected();
    await started;
    await toy.exited;
    expect(toy.host.exits).toEqual([0]);
    expect(bus.events.at(-1)).toBe('bus-closed');
  });

  it.each(['uncaughtException', 'unhandledRejection'])('%s: logged with its code, drained, exit 1', async (event) => {
    const toy = toyService();
    await toy.run();
    toy.host.emit(event, new Error('lost'));
    await toy.exited;
    expect(toy.host.exits).toEqual([1]);
    expect(toy.bus.events.at(-1)).toBe('bus-closed');
    const fatal = toy.lines.filter((line) => line.includes('"fatal"')).map((line): unknown => JSON.parse(line));
    const code = event === 'uncaughtException' ? 'uncaught-exception' : 'unhandled-rejection';
    expect(fatal).toMatchObject([{ code, err: { message: 'lost' } }]);
  });

  it('a crash in an app that cannot drain still exits 1 within the grace', async () => {
    const toy = toyService({}, { DRAIN_GRACE_MS: '30' });
    toy.bus.slow = new Promise(() => undefined);
    await toy.run();
    const slow = fetch(`${toy.state.app?.url}/slow`, { method: 'POST' }).catch(() => undefined);
    while (!toy.bus.events.includes('slow-begun')) await new Promise(setImmediate);
    toy.host.emit('uncaughtException', new Error('lost'));
    await toy.exited;
    expect(toy.host.exits).toEqual([1]);
    await slow;
  });
});

describe('runService, when it cannot start', () => {
  it('prints each problem of the settings on its own line and exits 78', async () => {
    const toy = toyService({}, { PORT: 'abc', TOY_SIZE: '' });
    await toy.run();
    expect(toy.host.exits).toEqual([78]);
    expect(toy.host.written).toBe(
      [
        'parlance toy: PORT must be a whole number from 0 to 65535, but is "abc". TCP port to listen on; 0 takes any free one.',
        'parlance toy: TOY_SIZE is missing. Size of the toy.',
        '',
      ].join('\n'),
    );
  });

  it('names a taken port before it connects to anything', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const toy = toyService({}, { PORT: String(port) });
    await toy.run();
    expect(toy.host.exits).toEqual([1]);
    expect(toy.host.written).toBe(
      `parlance toy: port ${port} on 127.0.0.1 is already in use. Stop the program that uses it, or choose another with PORT=<number>.\n`,
    );
    expect(toy.bus.events).toEqual([]);
    blocker.close();
  });

  it.each([
    [
      'a coded error',
      new ParlanceError('unavailable', 'NATS does not answer at nats://u:pw@h:1.'),
      'NATS does not answer at nats://[redacted]@h:1.',
    ],
    [
      'a start-up error',
      new StartupError('the data folder is not writable', 'Choose another'),
      'the data folder is not writable. Choose another.',
    ],
    ['any error', new Error('odd\nmore'), 'odd. Start it with LOG_LEVEL=debug to see where this comes from.'],
  ])('shows %s of the connection as one line', async (_, error, expected) => {
    const toy = toyService({ connect: async () => Promise.reject(error) });
    await toy.run();
    expect(toy.host.exits).toEqual([1]);
    expect(toy.host.written).toBe(`parlance toy: ${expected}\n`);
  });

  it('closes the bus when the modules cannot be made, started or announced', async () => {
    const broken = toyService({ modules: async () => Promise.reject(new Error('no tables')) });
    await broken.run();
    expect(broken.bus.events).toEqual(['bus-closed']);
    expect(broken.host.exits).toEqual([1]);

    const speechless = toyService({ announce: async () => Promise.reject(new Error('no words')) });
    await speechless.run();
    expect(speechless.bus.events.at(-1)).toBe('bus-closed');
    expect(speechless.host.exits).toEqual([1]);

    const failing = toyService({
      configure: () => {
        throw new Error('no server');
      },
    });
    await failing.run();
    expect(failing.bus.events.at(-1)).toBe('bus-closed');
    expect(failing.host.written).toMatch(/^parlance toy: no server\. .*\n$/);
  });
});
