import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  fieldsOf,
  readAnswer,
  readError,
  readEvent,
  readRequest,
  writeError,
  writeRequest,
  writeValue,
} from './wire.js';

describe('the wire', () => {
  it.each(['', 'nonsense', 'null', '[]', '{}', '{"v":1}', '{"v":"1","ttl":1,"trace":null,"items":[1]}'])(
    'is not read from %j',
    (text) => {
      expect([readRequest(text), readAnswer(text), readEvent(text)]).toEqual([null, null, null]);
    },
  );

  it('says time and trace once when all items share them', () => {
    const text = writeRequest(1, [5, 5], ['t', 't'], ['1', '2']);
    expect(readRequest(text)).toEqual({ v: 1, ttl: 5, trace: 't', items: [1, 2] });
  });

  it('says time and trace per item when they differ', () => {
    const text = writeRequest(1, [5, 6], [null, 't'], ['1', '2']);
    expect(readRequest(text)).toEqual({ v: 1, ttl: [5, 6], trace: [null, 't'], items: [1, 2] });
  });

  it('has null for a value JSON leaves out', () => {
    expect(writeValue(undefined)).toBe('{"ok":true,"value":null}');
  });

  it('reads a code of a newer build as internal, and keeps what else it can', () => {
    const error = readError({ code: 'brand-new', message: 'What?', details: { retryAfterMs: 5, more: [1] } });
    expect(error).toBeInstanceOf(ParlanceError);
    expect(error).toMatchObject({ code: 'internal', message: 'What?', details: { retryAfterMs: 5, more: [1] } });
  });

  it('never writes the cause of an error', () => {
    const error = new ParlanceError('internal', 'Broken.', undefined, { cause: new Error('hush') });
    expect(writeError(error)).toBe('{"ok":false,"error":{"code":"internal","message":"Broken."}}');
  });

  it('reports at most 20 fields', () => {
    const shape = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, z.number()]));
    const { error } = z.object(shape).safeParse({});
    expect(error === undefined ? [] : Object.keys(fieldsOf(error))).toHaveLength(20);
  });

  it('names the path of a nested field', () => {
    const { error } = z.object({ list: z.array(z.object({ n: z.number() })) }).safeParse({ list: [{ n: 1 }, {}] });
    expect(error === undefined ? {} : fieldsOf(error)).toEqual({ 'list.1.n': expect.any(String) });
  });
});
