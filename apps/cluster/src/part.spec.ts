import { createLogger } from '@parlance/observability';
import { describe, expect, it } from 'vitest';
import { Part, type Ending, type Launched } from './part.js';
import { RestartBudget } from './restart-budget.js';

/** Processes that end when the test says so. */
class FakeProcesses {
  readonly launched: { end: (ending: Ending) => void; stopped: boolean }[] = [];
  failures: string[] = [];

  readonly launch = async (): Promise<Launched> => {
    const failure = this.failures.shift();
    if (failure !== undefined) throw new Error(failure);
    const { promise, resolve } = withResolvers<Ending>();
    const entry = { end: resolve, stopped: false };
    this.launched.push(entry);
    const stop = async (): Promise<void> => {
      entry.stopped = true;
      resolve({ how: 'ended with code 0', final: false });
    };
    return { pid: this.launched.length, ready: Promise.resolve(), exited: promise, stop };
  };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

const CRASH: Ending = { how: 'was killed by SIGKILL', final: false };

function makePart(perMinute: number) {
  const processes = new FakeProcesses();
  const pids: (number | null)[] = [];
  const { promise: lost, resolve } = withResolvers<string>();
  const part: Part = new Part({
    name: 'message-1',
    launch: processes.launch,
    budget: new RestartBudget(perMinute),
    clock: () => 0,
    logger: createLogger({ service: 'test', level: 'silent' }),
    onChange: () => pids.push(part.pid),
    onLost: resolve,
  });
  return { part, processes, pids, lost };
}

describe('Part', () => {
  it('starts again what ended by itself, and tells each change of its pid', async () => {
    const { part, processes, pids } = makePart(5);
    await part.start();
    processes.launched[0]?.end(CRASH);
    await expect.poll(() => part.pid).toBe(2);
    expect(pids).toEqual([1, null, 2]);
    await part.stop();
    expect(processes.launched.map(({ stopped }) => stopped)).toEqual([false, true]);
  });

  it('tries again when a restart fails, and counts that', async () => {
    const { part, processes, lost } = makePart(2);
    await part.start();
    processes.failures = ['no memory', 'no memory', 'no memory'];
    processes.launched[0]?.end(CRASH);
    expect(await lost).toBe('message-1 did not start (no memory), too often to start it again');
    expect(processes.failures).toHaveLength(1);
  });

  it('gives up at once when starting again cannot help', async () => {
    const { part, processes, lost } = makePart(5);
    await part.start();
    processes.launched[0]?.end({ how: 'ended with code 78', final: true });
    expect(await lost).toBe('message-1 ended with code 78');
    expect(processes.launched).toHaveLength(1);
  });

  it('does not repeat a first start that fails', async () => {
    const { part, processes } = makePart(5);
    processes.failures = ['port taken'];
    await expect(part.start()).rejects.toThrow('port taken');
    expect(processes.launched).toHaveLength(0);
  });

  it('does not start again what was stopped, nor start after a stop', async () => {
    const { part, processes, pids } = makePart(5);
    await part.start();
    await part.stop();
    expect(pids).toEqual([1, null]);
    await expect(part.start()).rejects.toThrow();
    expect(processes.launched).toHaveLength(1);
  });

  it('ends the wait for a restart when it is stopped', async () => {
    const { part, processes } = makePart(5);
    await part.start();
    processes.launched[0]?.end(CRASH);
    await expect.poll(() => part.pid).toBeNull();
    await part.stop();
    expect(processes.launched).toHaveLength(1);
  });
});
