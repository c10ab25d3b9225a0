import { describe, expect, it } from 'vitest';
import { isSecretName, redactText, redactUrl } from './redaction.js';

describe('redactUrl', () => {
  it.each([
    ['postgresql://user:pw@db:5432/x?sslmode=require', 'postgresql://[redacted]@db:5432/x?sslmode=require'],
    ['redis://:pw@h:1', 'redis://[redacted]@h:1'],
    ['https://user:p@ss@h/x', 'https://[redacted]@h/x'],
    ['/socket.io/?EIO=4&token=abc&auth=def&t=1', '/socket.io/?EIO=4&token=[redacted]&auth=[redacted]&t=1'],
    ['/x?api%4Bey=abc', '/x?api%4Bey=[redacted]'],
    ['/x?%E0%A4%A=1&apiKey=abc', '/x?%E0%A4%A=1&apiKey=[redacted]'],
    ['https://h/rooms/1?limit=20#top', 'https://h/rooms/1?limit=20#top'],
    ['', ''],
  ])('%s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });
});

describe('redactText', () => {
  it('leaves ordinary text alone', () => {
    const text =
      'Room 12: ann@x.io wrote to bob, see https://h/x?limit=2 (pk_message is an index) and nats://127.0.0.1:4222';
    expect(redactText(text)).toBe(text);
  });
});

describe('redactText on text a client has chosen', () => {
  // A pattern that takes quadratic time would need minutes here, and the test would run into its time limit.
  it.each([
    ['dots', 'a.'],
    ['backslashes', String.raw`\\`],
    ['quotes', '"'],
    ['names', '"token'],
    ['separators', '&a'],
    ['token words', 'eyJaaaaaaa-'],
    ['key beginnings', 'sk_-'],
    ['schemes', 'a://'],
    ['blanks', 'basic  '],
  ])('takes linear time for many %s', (_, piece) => {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(redactText(`${text} and the end`)).toMatch(/ and the end$/);
  });
});

describe('isSecretName', () => {
  it('does not hide ids and counts', () => {
    expect(
      ['userId', 'key', 'roomId', 'authenticated', 'author', 'tokenCount', 'clientMessageId'].filter(isSecretName),
    ).toEqual([]);
  });
});
