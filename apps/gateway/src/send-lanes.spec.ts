import { describe, expect, it } from 'vitest';
import { MAX_WAITING_SENDS, SendLanes } from './send-lanes.js';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('SendLanes', () => {
  it('has one send per room in flight, in order, however long each takes', async () => {
    const lanes = new SendLanes();
    const first = gate();
    const started: number[] = [];
    const sends = [1, 2, 3].map((n) =>
      lanes.run('room', async () => {
        started.push(n);
        if (n === 1) await first.opened;
      }),
    );
    const other = lanes.run('elsewhere', () => Promise.resolve(started.push(99)));
    await other;
    expect(started).toEqual([1, 99]);
    first.open();
    await sends[1];
    expect(started).toEqual([1, 99, 2]);
    await Promise.all(sends);
    expect(started).toEqual([1, 99, 2, 3]);
  });

  it('goes on after a failed send', async () => {
    const lanes = new SendLanes();
    const failing = lanes.run('room', () => Promise.reject(new Error('no')));
    const next = lanes.run('room', () => Promise.resolve('sent'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('sent');
  });

  it('answers overloaded beyond its bound, and takes sends again afterwards', async () => {
    const lanes = new SendLanes();
    const first = gate();
    const running = lanes.run('room', () => first.opened);
    const waiting = Array.from({ length: MAX_WAITING_SENDS }, () => lanes.run('room', () => Promise.resolve()));
    await expect(lanes.run('room', () => Promise.resolve())).rejects.toMatchObject({
      code: 'overloaded',
      details: { retryAfterMs: 1_000 },
    });
    first.open();
    await Promise.all([running, ...waiting]);
    await expect(lanes.run('room', () => Promise.resolve('again'))).resolves.toBe('again');
  });
});
