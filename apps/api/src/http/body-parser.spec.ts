import { describe, expect, it } from 'vitest';
import { isMultipart, isUrlencoded, parseJson, parseUrlencoded, withBoundary } from './body-parser.js';

const invalid = expect.objectContaining({ code: 'invalid' });

describe('parseJson', () => {
  it('reads JSON, and nothing as an empty object', () => {
    expect(parseJson(Buffer.from('{"a":[1,"ä"]}'))).toEqual({ a: [1, 'ä'] });
    expect(parseJson(Buffer.from(' \n'))).toEqual({});
  });

  it.each([['{'], ['undefined'], ["{'a':1}"]])('refuses %j', (text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(invalid);
  });

  it('refuses bytes that are no text', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toThrow(invalid);
  });
});

describe('parseUrlencoded', () => {
  it('makes a list of a repeated field', () => {
    const fields = parseUrlencoded(Buffer.from('name=a+b&list=1&list=2&list=3&empty='));
    expect(fields).toEqual({ name: 'a b', list: ['1', '2', '3'], empty: '' });
  });

  it('keeps a prototype key as a field of its own, for the check that refuses it', () => {
    const fields = parseUrlencoded(Buffer.from('__proto__=x'));
    expect(Object.keys(fields)).toEqual(['__proto__']);
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });

  it('takes no more than 1,000 fields', () => {
    const form = (fields: number): Buffer => Buffer.from(Array.from({ length: fields }, () => 'a=1').join('&'));
    expect(parseUrlencoded(form(1_000))['a']).toHaveLength(1_000);
    expect(() => parseUrlencoded(form(1_001))).toThrow(expect.objectContaining({ code: 'too-large' }));
  });
});

describe('withBoundary', () => {
  it('keeps a header that is whole', () => {
    const whole = 'multipart/form-data; charset=utf-8; boundary=abc';
    expect(withBoundary(whole, Buffer.from('--other\r\n'))).toBe(whole);
  });

  it.each([['--abc\r\nrest'], ['--abc\nrest']])('finds the boundary in %j', (body) => {
    expect(withBoundary('multipart/form-data', Buffer.from(body))).toBe('multipart/form-data; boundary="abc"');
  });

  it.each([[''], ['--'], ['abc\r\n'], [`--${'x'.repeat(71)}\r\n`], ['--a"b\r\n'], ['--abc']])('refuses %j', (body) => {
    expect(() => withBoundary('multipart/form-data', Buffer.from(body))).toThrow(invalid);
  });
});

it('tells content types apart', () => {
  expect(isMultipart('Multipart/Form-Data; boundary=x')).toBe(true);
  expect(isMultipart('application/json')).toBe(false);
  expect(isUrlencoded('application/x-www-form-urlencoded;charset=utf-8')).toBe(true);
  expect(isUrlencoded('text/plain')).toBe(false);
});
