import { createLogger } from '@parlance/observability';
import { describe, expect, it } from 'vitest';
import { DRAIN_PHASES, Drain } from './drain.js';

function drainWithLog(graceMs = 1_000) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'toy', level: 'info', destination: { write: (line) => lines.push(line) } });
  return { drain: new Drain({ logger, graceMs }), lines };
}

/** A promise and the function that resolves it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('Drain', () => {
  it('runs the phases in order, whatever the order of registration', async () => {
    const { drain } = drainWithLog();
    const seen: string[] = [];
    for (const phase of [...DRAIN_PHASES].reverse()) {
      drain.add(phase, 'a', () => void seen.push(phase));
      drain.add(phase, 'b', async () => Promise.resolve().then(() => void seen.push(phase)));
    }
    expect(await drain.run('test')).toEqual({ failed: [] });
    expect(seen).toEqual(DRAIN_PHASES.flatMap((phase) => [phase, phase]));
  });

  it('runs the hooks of one phase at once', async () => {
    const { drain } = drainWithLog();
    const { opened, open } = gate();
    drain.add('finish', 'waits for the other', async () => opened);
    drain.add('finish', 'frees the other', open);
    expect(await drain.run('test')).toEqual({ failed: [] });
  });

  it('logs a hook that throws or is late, and goes on', async () => {
    const { drain, lines } = drainWithLog(5);
    const seen: string[] = [];
    drain.add('intake', 'throws', () => {
      throw new Error('boom');
    });
    drain.add('intake', 'hangs', async () => new Promise(() => undefined));
    drain.add('close', 'still runs', () => void seen.push('close'));
    expect(await drain.run('test')).toEqual({ failed: ['intake.throws', 'intake.hangs'] });
    expect(seen).toEqual(['close']);
    const failures = lines
      .filter((line) => line.includes('drain-hook-failed'))
      .map((line): unknown => JSON.parse(line));
    expect(failures).toMatchObject([
      { level: 'error', hook: 'throws', err: { message: 'boom' } },
      { level: 'error', hook: 'hangs', err: { code: 'timeout' } },
    ]);
  });

  it('runs once, however often it is asked', async () => {
    const { drain } = drainWithLog();
    let runs = 0;
    drain.add('finish', 'counts', () => void (runs += 1));
    expect(drain.started).toBe(false);
    await Promise.all([drain.run('first'), drain.run('second')]);
    await drain.run('third');
    expect(drain.started).toBe(true);
    expect(runs).toBe(1);
  });

  it('takes a hook for a phase to come, and refuses one that would never run', async () => {
    const { drain } = drainWithLog();
    const seen: string[] = [];
    drain.add('intake', 'adds', () => drain.add('close', 'added', () => void seen.push('added')));
    await drain.run('test');
    expect(seen).toEqual(['added']);
    expect(() => drain.add('close', 'late', () => undefined)).toThrow("'late' comes too late");
  });
});
