import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeFrame } from '../decode.js';
import { VCHAT_FRAMES } from './vchat.frames.js';

/** The golden frames of the dialect, as data: renderer and decoders were written apart and must agree on every one. */
const golden = z
  .array(
    z.object({
      says: z.string(),
      deliveries: z.array(z.object({ frame: z.object({ event: z.string(), json: z.unknown() }) })),
    }),
  )
  .parse(
    JSON.parse(readFileSync(new URL('../../../../dialects/vchat/transcripts/outbound.json', import.meta.url), 'utf8')),
  );
const frames = golden.flatMap(({ says, deliveries }) =>
  deliveries.map(({ frame: { event, json } }) => [event, says, json] as const),
);

const decode = (event: string, ...args: readonly unknown[]) => decodeFrame(VCHAT_FRAMES, event, args);

describe('the strict decoders', () => {
  it.each(frames)('read %s: %s', (event, _, json) => {
    expect(decode(event, JSON.stringify(json))).toMatchObject({ ok: true });
  });

  it.each(frames)('want %s (%s) whole, with nothing besides, as one JSON text', (event, _, json) => {
    const content = z.record(z.string(), z.unknown()).parse(json);
    for (const key of Object.keys(content)) {
      const less = Object.fromEntries(Object.entries(content).filter(([name]) => name !== key));
      expect([key, decode(event, JSON.stringify(less)).ok]).toEqual([key, false]);
      expect([key, decode(event, JSON.stringify({ ...content, [key]: 7.5 })).ok]).toEqual([key, false]);
    }
    expect(decode(event, JSON.stringify({ ...content, more: null })).ok).toBe(false);
    expect(decode(event, content).ok).toBe(false);
    expect(decode(event, JSON.stringify(json), null).ok).toBe(false);
    expect(decode(event, '{').ok).toBe(false);
  });

  it.each([
    ['v1OnMyOnline', [{ peerId: 'a', isOnline: true }]],
    ['v1OnMyOnline', [{ peerId: 'a', isOnline: true, extra: null }]],
    ['v1OnRoomStatusChange', { name: 'a', status: 'singing', userId: 'a', roomId: 'r' }],
    ['v1OnRoomById', { roomId: 'r' }],
  ])('throw at %s %j', (event, json) => {
    expect(decode(event, JSON.stringify(json)).ok).toBe(false);
  });

  it('throw at a message type and a call status they do not know', () => {
    const message = golden.find(({ says }) => says === 'a call that was completed')?.deliveries[0]?.frame.json;
    const call = z.looseObject({ msgAtt: z.looseObject({}) }).parse(message);
    expect(decode('v1OnNewMessage', JSON.stringify(call)).ok).toBe(true);
    for (const broken of [
      { ...call, mT: 'allCall' },
      { ...call, msgAtt: { ...call.msgAtt, callStatus: 'offline' } },
    ]) {
      expect(decode('v1OnNewMessage', JSON.stringify(broken)).ok).toBe(false);
    }
  });
});
