import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../preference/preference.js';
import { connectionDevice, holdsDescription, isConnectionDevice } from './call-device.js';

describe('a session description', () => {
  const deep = (levels: number): JsonValue => (levels === 0 ? { sdp: 'v=0' } : { in: deep(levels - 1) });

  it.each<readonly [boolean, string, JsonValue]>([
    [true, 'in an object', { type: 'offer', sdp: 'v=0' }],
    [true, 'in JSON text', '{"sdp":{"origin":{}},"type":"offer"}'],
    [true, 'in an answer in JSON text', '{"answer":{"sdp":"v=0","type":"answer"}}'],
    [true, 'in JSON text in an object', { data: '{"sdp":"v=0"}' }],
    [true, 'in a list', [1, { sdp: null }]],
    [true, 'three levels deep', deep(3)],
    [false, 'deeper', deep(9)],
    [false, 'nowhere', { channel: 'x', uid: 7 }],
    [false, 'in text that is no JSON', '{sdp: v=0'],
    [false, 'in nothing', null],
    [false, 'in a number', 7],
    [false, 'in the name of one', 'sdp'],
    [false, 'behind more values than are looked at', [{ sdp: 'v=0' }, ...Array.from({ length: 300 }, () => 0)]],
  ])('%s: %s', (expected, _, payload) => {
    expect(holdsDescription(payload)).toBe(expected);
  });
});

it('tells the device of a connection from one that a token names', () => {
  expect([connectionDevice('c1'), 'phone', 'c1'].map(isConnectionDevice)).toEqual([true, false, false]);
});
