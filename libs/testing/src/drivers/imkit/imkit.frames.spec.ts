import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeFrame } from '../decode.js';
import { IMKIT_FRAMES, sendOutcome } from './imkit.frames.js';

/** The golden frames of the dialect, as data: renderer and decoders were written apart and must agree on every one. */
const frameSchema = z.object({ event: z.string(), args: z.array(z.json()) });
const delivery = z.union([
  z.object({ frame: frameSchema }).transform(({ frame }) => [frame]),
  z
    .object({ each: z.record(z.string(), frameSchema.nullable()) })
    .transform(({ each }) => Object.values(each).filter((frame) => frame !== null)),
]);
const path = new URL('../../../../dialects/imkit/transcripts/outbound.json', import.meta.url);
const golden = z
  .array(z.object({ says: z.string(), deliveries: z.array(delivery) }))
  .parse(JSON.parse(readFileSync(path, 'utf8')));
const frames = golden.flatMap(({ says, deliveries }) =>
  deliveries.flat().map(({ event, args }) => [event, says, args] as const),
);

const decode = (event: string, args: readonly unknown[]) => decodeFrame(IMKIT_FRAMES, event, args);
const optional = new Set(
  'editedAt reply folder tagColors translation senderInfo owner extra member originalUrl thumbnailUrl duration url'.split(
    ' ',
  ),
);

describe('the strict decoders', () => {
  it('have a golden frame for every event', () => {
    expect([...new Set(frames.map(([event]) => event))].sort()).toEqual([...IMKIT_FRAMES.keys()].sort());
  });

  it.each(frames)('read %s: %s', (event, _, args) => {
    expect(decode(event, args)).toMatchObject({ ok: true });
  });

  it.each(frames)('want %s (%s) whole, of the right types, with nothing besides', (event, _, args) => {
    expect(decode(event, [...args, null]).ok).toBe(false);
    expect(decode(event, [JSON.stringify(args[0]), 1]).ok).toBe(false);
    const [payload] = args;
    if (typeof payload !== 'object' || payload === null) return;
    const content: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(payload));
    for (const key of Object.keys(content)) {
      const less = Object.fromEntries(Object.entries(content).filter(([name]) => name !== key));
      if (!optional.has(key)) expect([key, decode(event, [less]).ok]).toEqual([key, false]);
      if (key !== 'data') expect([key, decode(event, [{ ...content, [key]: [7.5] }]).ok]).toEqual([key, false]);
    }
    expect(decode(event, [{ ...content, more: null }]).ok).toBe(false);
  });

  it('want each member to be of the type user, for the Vue client ends without members else', () => {
    const room = frames.find(([event]) => event === 'room')?.[2][0];
    const shown = z.looseObject({ members: z.array(z.looseObject({})).min(1) }).parse(room);
    const members = shown.members.map((member) => ({ ...member, clientType: undefined }));
    expect(decode('room', [{ ...shown, members }]).ok).toBe(false);
  });

  it('know an answer that may pass from one that is final', () => {
    const failure = (RC: number) => ({ RC, RM: 'No.', error: { code: 'NOPE', message: 'No.' } });
    expect(sendOutcome(failure(404))).toEqual({ status: 'failed', code: '404', retryable: false });
    expect(sendOutcome(failure(503))).toEqual({ status: 'failed', code: '503', retryable: true });
    expect(sendOutcome({ RC: 0, RM: 'OK', result: {} })).toMatchObject({ code: 'malformed' });
  });
});
