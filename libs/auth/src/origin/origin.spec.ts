import type { CredentialKind } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { canonicalHost, canonicalOrigin, checkOrigin } from './origin.js';

const LISTED = ['https://app.example.com', 'http://localhost:8080/'];

function verdict(kind: CredentialKind, origin: string | null, allowed: readonly string[]): string {
  try {
    checkOrigin({ kind, origin, allowed });
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'other';
  }
}

describe('the origin check', () => {
  it.each<[CredentialKind, string | null, readonly string[], string]>([
    ['secret', null, LISTED, 'accepted'],
    ['secret', 'https://app.example.com', LISTED, 'permission-denied'],
    ['secret', 'https://app.example.com', [], 'permission-denied'],
    ['secret', 'null', [], 'permission-denied'],
    ['secret', '', [], 'permission-denied'],
    ['operator', 'https://app.example.com', [], 'permission-denied'],
    ['operator', null, [], 'accepted'],
    ['publishable', 'https://anything.example', [], 'accepted'],
    ['publishable', null, [], 'accepted'],
    ['publishable', 'https://app.example.com', LISTED, 'accepted'],
    ['publishable', 'HTTPS://App.Example.com:443', LISTED, 'accepted'],
    ['publishable', 'http://localhost:8080', LISTED, 'accepted'],
    ['publishable', 'http://app.example.com', LISTED, 'permission-denied'],
    ['publishable', 'https://app.example.com.evil.org', LISTED, 'permission-denied'],
    ['publishable', 'https://evil.org/https://app.example.com', LISTED, 'permission-denied'],
    ['publishable', 'https://app.example.com:8443', LISTED, 'permission-denied'],
    ['publishable', 'null', LISTED, 'permission-denied'],
    ['publishable', null, LISTED, 'permission-denied'],
    ['user', 'https://app.example.com', LISTED, 'accepted'],
    ['user', null, LISTED, 'accepted'],
    ['user', 'https://evil.org', LISTED, 'permission-denied'],
    ['user', 'https://evil.org', [], 'accepted'],
    ['anonymous', 'https://evil.org', LISTED, 'permission-denied'],
    ['anonymous', null, LISTED, 'accepted'],
  ])('of a %s credential from %j with allow-list %j is %s', (kind, origin, allowed, expected) => {
    expect(verdict(kind, origin, allowed)).toBe(expected);
  });

  it.each([
    ['null', null],
    ['*', null],
    ['https://user@app.example.com', null],
    ['file:///etc/passwd', null],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('reads %j as %j', (text, expected) => {
    expect(canonicalOrigin(text)).toBe(expected);
  });
});

describe('a host', () => {
  it.each([
    ['Chat.Example.COM:3000', 'chat.example.com'],
    ['chat.example.com.', 'chat.example.com'],
    ['chat.example.com.:80', 'chat.example.com'],
    ['[::1]:3000', '[::1]'],
    ['127.0.0.1', '127.0.0.1'],
    [' chat.example.com ', 'chat.example.com'],
    ['', null],
    [':80', null],
    ['a b', null],
    ['evil.org/chat.example.com', null],
    ['user@chat.example.com', null],
    ['x'.repeat(300), null],
    [null, null],
  ])('%j is matched as %j', (header, expected) => {
    expect(canonicalHost(header)).toBe(expected);
  });
});
