import { describe, expect, it } from 'vitest';
import { reconnectDelay } from './backoff.js';
import { parseNatsAddress } from './nats-address.js';

describe('parseNatsAddress', () => {
  it.each([
    ['127.0.0.1:4333', ['127.0.0.1:4333'], 'nats://127.0.0.1:4333'],
    ['nats://nats', ['nats:4222'], 'nats://nats:4222'],
    ['nats://a:1, nats://b:2', ['a:1', 'b:2'], 'nats://a:1, nats://b:2'],
    ['nats://[::1]:4222', ['[::1]:4222'], 'nats://[::1]:4222'],
  ])('reads %s', (text, servers, shown) => {
    expect(parseNatsAddress(text)).toMatchObject({ servers, shown, tls: false, credentials: null });
  });

  it('takes user and password from the address and never shows them', () => {
    const address = parseNatsAddress('tls://parlance:p%40ss@nats.example:4222');
    expect(address).toMatchObject({ tls: true, credentials: { user: 'parlance', pass: 'p@ss' } });
    expect(address.shown).toBe('tls://nats.example:4222');
  });

  it('takes a lone user part as a token', () => {
    expect(parseNatsAddress('nats://s3cret@nats').credentials).toEqual({ token: 's3cret' });
  });

  it.each(['', ' , ', 'http://nats', 'nats://', 'nats://us er:secret@'])('refuses %j without repeating it', (text) => {
    expect(() => parseNatsAddress(text)).toThrowError(expect.objectContaining({ code: 'invalid' }));
    expect(() => parseNatsAddress(text)).not.toThrowError(/secret/);
  });
});

describe('reconnectDelay', () => {
  it('doubles from 100 ms and never passes 2 s', () => {
    expect([0, 1, 2, 5, 50].map((attempt) => reconnectDelay(attempt, 1))).toEqual([100, 200, 400, 2000, 2000]);
  });

  it('is spread over the upper half', () => {
    expect([reconnectDelay(5, 0), reconnectDelay(5, 0.5)]).toEqual([1000, 1500]);
  });
});
