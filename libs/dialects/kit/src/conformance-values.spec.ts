import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { deepFreeze, framesFor, jsonFlaw, nested, recordingExecute, saysSomething } from './conformance-values.js';
import { frame } from './frame.js';

describe('jsonFlaw', () => {
  it.each([[null], ['a'], [0], [true], [[]], [{ a: [{ b: 'c' }] }], [Object.create(null)]])(
    'has nothing against %j',
    (value) => {
      expect(jsonFlaw(value)).toBeNull();
    },
  );

  it.each([
    [undefined],
    [{ a: undefined }],
    [[1, undefined]],
    [NaN],
    [Infinity],
    [10n],
    [new Date()],
    [new Map()],
    [new Uint8Array(1)],
    [{ a: () => 1 }],
    [Symbol('s')],
  ])('finds what JSON would lose or change in %s', (value) => {
    expect(jsonFlaw(value)).not.toBeNull();
  });

  it('says where it is', () => {
    expect(jsonFlaw({ a: [{ b: undefined }] })).toBe('$.a.0.b is undefined');
  });
});

describe('saysSomething', () => {
  it('is false for silence and for frames without arguments', () => {
    expect([{}, { ack: [] }, { frames: [frame('x')] }].map(saysSomething)).toEqual([false, false, false]);
    expect([{ ack: [1] }, { unacked: [frame('x', 1)] }].map(saysSomething)).toEqual([true, true]);
  });
});

describe('recordingExecute', () => {
  it('answers from its table, writes everything down, and knows nothing else', async () => {
    const { execute, intents } = recordingExecute({ 'room.close': ({ room }) => ({ closed: room }) });
    expect(await execute({ type: 'room.close', room: 'r1' })).toEqual({ closed: 'r1' });
    await expect(execute({ type: 'room.delete', room: 'r1' })).rejects.toBeInstanceOf(ParlanceError);
    expect(intents.map(({ type }) => type)).toEqual(['room.close', 'room.delete']);
  });
});

describe('framesFor', () => {
  it('shows what each viewer gets, and nothing for those left out', () => {
    const each = (viewer: string) => (viewer === 'ann' ? null : frame('hi', viewer));
    const shared = { to: 'members', frame: frame('all') } as const;
    expect(framesFor([shared, { to: 'members', each }], ['ann', 'bob'])).toEqual([frame('all'), frame('hi', 'bob')]);
  });
});

describe('deepFreeze', () => {
  it('reaches into arrays and the values of maps', () => {
    const value = deepFreeze({ list: [{ a: 1 }], map: new Map([['k', { b: 2 }]]) });
    expect(Object.isFrozen(value.list[0])).toBe(true);
    expect(Object.isFrozen(value.map.get('k'))).toBe(true);
  });
});

describe('nested', () => {
  it('is as deep as asked', () => {
    expect(nested(2)).toEqual({ nest: { nest: 'bottom' } });
  });
});
