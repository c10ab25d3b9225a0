import { describe, expect, it } from 'vitest';
import { isRevoked, issueTime, type Standing } from './standing-rules.js';

const standing: Standing = {
  terminated: false,
  revocations: [
    { kind: 'token', ref: 't1', at: 1_000 },
    { kind: 'device', ref: 'phone', at: 1_000 },
  ],
};

describe('a token', () => {
  it.each([
    ['named', { tokenId: 't1', deviceId: null, issuedAt: 5_000 }, true],
    ['another', { tokenId: 't2', deviceId: null, issuedAt: 500 }, false],
    ['of the device, older', { tokenId: 't2', deviceId: 'phone', issuedAt: 1_000 }, true],
    ['of the device, newer', { tokenId: 't2', deviceId: 'phone', issuedAt: 1_001 }, false],
    ['of the device, of unknown age', { tokenId: null, deviceId: 'phone', issuedAt: null }, true],
    ['of another device', { tokenId: null, deviceId: 'tablet', issuedAt: 500 }, false],
    ['of a device called like the token', { tokenId: 'phone', deviceId: 't1', issuedAt: 500 }, false],
    ['that names neither', { tokenId: null, deviceId: null, issuedAt: null }, false],
  ])('%s: revoked %j %s', (_, token, revoked) => {
    expect(isRevoked(standing, token)).toBe(revoked);
  });
});

describe('a user whose tokens were all revoked', () => {
  const all: Standing = { terminated: false, revocations: [{ kind: 'user', ref: '', at: 1_000 }] };

  it('has no token from before, of whatever device', () => {
    for (const deviceId of [null, 'phone'])
      for (const [issuedAt, revoked] of [
        [1_000, true],
        [null, true],
        [1_001, false],
      ] as const)
        expect(isRevoked(all, { tokenId: 't', deviceId, issuedAt })).toBe(revoked);
    expect([issueTime(all, undefined, 500), issueTime(all, 'phone', 500)]).toEqual([1_001, 1_001]);
  });
});

describe('a new token', () => {
  it('is always younger than the last sign-out of its device, whatever the clocks say', () => {
    expect(issueTime(standing, 'phone', 400)).toBe(1_001);
    expect(issueTime(standing, 'phone', 2_000)).toBe(2_000);
    expect(issueTime(standing, 'tablet', 400)).toBe(400);
    expect(issueTime(standing, undefined, 400)).toBe(400);
    const issuedAt = issueTime(standing, 'phone', 1_000);
    expect(isRevoked(standing, { tokenId: 't9', deviceId: 'phone', issuedAt })).toBe(false);
  });
});
