import { describe, expect, it } from 'vitest';
import { MAX_ENTERING_SENDS, MAX_WAITING_SENDS, SendLanes } from './send-lanes.js';

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const room = () => Promise.resolve('room');
const elsewhere = () => Promise.resolve('elsewhere');

describe('SendLanes', () => {
  it('has one send per room in flight, in order, however long each takes', async () => {
    const lanes = new SendLanes();
    const [first, second, begun] = [gate(), gate(), gate()];
    const started: number[] = [];
    const sends = [1, 2, 3].map((n) =>
      lanes.run(room, async () => {
        started.push(n);
        if (n === 1) await first.opened;
        if (n === 2) begun.open();
        if (n === 2) await second.opened;
      }),
    );
    const other = lanes.run(elsewhere, () => Promise.resolve(started.push(99)));
    await other;
    expect(started).toEqual([1, 99]);
    first.open();
    await begun.opened;
    expect(started).toEqual([1, 99, 2]);
    second.open();
    await Promise.all(sends);
    expect(started).toEqual([1, 99, 2, 3]);
  });

  it('goes on after a failed send', async () => {
    const lanes = new SendLanes();
    const failing = lanes.run(room, () => Promise.reject(new Error('no')));
    const next = lanes.run(room, () => Promise.resolve('sent'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('sent');
  });

  it('answers overloaded beyond its bound, and takes sends again afterwards', async () => {
    const lanes = new SendLanes();
    const first = gate();
    const running = lanes.run(room, () => first.opened);
    const waiting = Array.from({ length: MAX_WAITING_SENDS }, () => lanes.run(room, () => Promise.resolve()));
    await expect(lanes.run(room, () => Promise.resolve())).rejects.toMatchObject({
      code: 'overloaded',
      details: { retryAfterMs: 1_000 },
    });
    first.open();
    await Promise.all([running, ...waiting]);
    await expect(lanes.run(room, () => Promise.resolve('again'))).resolves.toBe('again');
  });

  it('lets no send get ahead of one before it whose room is not known yet', async () => {
    const lanes = new SendLanes();
    const known = gate();
    const sent: string[] = [];
    const spelled = lanes.run(
      () => known.opened.then(() => 'room'),
      async () => sent.push('first'),
    );
    const plain = lanes.run(room, async () => sent.push('second'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([]);
    known.open();
    await Promise.all([spelled, plain]);
    expect(sent).toEqual(['first', 'second']);
  });

  it('goes on after a room that could not be told', async () => {
    const lanes = new SendLanes();
    const lost = lanes.run(
      () => Promise.reject(new Error('away')),
      () => Promise.resolve('sent'),
    );
    const next = lanes.run(room, () => Promise.resolve('sent'));
    await expect(lost).rejects.toThrow('away');
    await expect(next).resolves.toBe('sent');
  });

  it('answers overloaded when too many wait for their rooms to be known, and takes sends again afterwards', async () => {
    const lanes = new SendLanes();
    const known = gate();
    const waiting = Array.from({ length: MAX_ENTERING_SENDS }, (_, n) =>
      lanes.run(
        () => known.opened.then(() => `room ${n}`),
        () => Promise.resolve(n),
      ),
    );
    await expect(lanes.run(room, () => Promise.resolve())).rejects.toMatchObject({ code: 'overloaded' });
    known.open();
    await Promise.all(waiting);
    await expect(lanes.run(room, () => Promise.resolve('again'))).resolves.toBe('again');
  });
});
