import { describe, expect, it } from 'vitest';
import { byteSize, duration, flag, integer, oneOf, ratio, url, urlList } from './value-schema.js';

describe('values from the environment', () => {
  it.each([
    ['whole number', integer(1, 10), ' 7 ', 7],
    ['share', ratio(), '0.01', 0.01],
    ['whole share', ratio(), '1', 1],
    ['duration without unit', duration(), '1500', 1500],
    ['duration', duration(), '5m', 300_000],
    ['days', duration(), '7d', 604_800_000],
    ['size', byteSize(), '256kb', 262_144],
    ['true', flag(), 'ON', true],
    ['false', flag(), '0', false],
    ['choice', oneOf('a', 'b'), 'b', 'b'],
    ['url', url('redis'), 'redis://h:1', 'redis://h:1'],
  ])('%s', (_, schema, raw, value) => {
    expect(schema.parse(raw)).toBe(value);
  });

  it('a list of URLs', () => {
    expect(urlList('nats').parse('nats://a:1, nats://b:2')).toEqual(['nats://a:1', 'nats://b:2']);
  });

  it.each([
    ['a fraction', integer(), '1.5', 'must be a whole number of at least 0'],
    ['hex', integer(), '0x10', 'must be a whole number of at least 0'],
    ['too large for exact arithmetic', integer(), '9007199254740993', 'must be a whole number of at least 0'],
    ['out of range', integer(1, 10), '11', 'must be a whole number from 1 to 10'],
    ['a share above one', ratio(), '1.5', 'must be a number from 0 to 1, such as 0.01'],
    ['a share in percent', ratio(), '1%', 'must be a number from 0 to 1, such as 0.01'],
    ['unknown unit', duration(), '5 weeks', 'must be a time of at least 0 ms, such as 500ms, 10s or 5m'],
    ['neither yes nor no', flag(), 'maybe', 'must be true or false'],
    ['wrong scheme', url('redis', 'rediss'), 'http://h', 'must be a URL that starts with redis:// or rediss://'],
    ['no URL', url('redis'), 'localhost', 'must be a URL that starts with redis://'],
    ['empty list', urlList('nats'), ',', 'must be URLs, separated by commas, that start with nats://'],
  ])('refuses %s', (_, schema, raw, message) => {
    expect(schema.safeParse(raw).error?.issues[0]?.message).toBe(message);
  });
});
