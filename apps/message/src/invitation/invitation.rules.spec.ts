import { describe, expect, it } from 'vitest';
import { answered, mayCancel } from './invitation.rules.js';

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('an invitation', () => {
  it('is answered once; the same answer again changes nothing, another one is a conflict', () => {
    const answers = ['accept', 'reject', 'cancel'] as const;
    const ends = ['accepted', 'rejected', 'canceled'] as const;
    for (const [index, answer] of answers.entries()) {
      expect(answered('open', answer)).toBe(false);
      for (const [other, end] of ends.entries()) {
        if (other === index) expect(answered(end, answer)).toBe(true);
        else expect(() => answered(end, answer)).toThrow(code('conflict'));
      }
    }
  });

  it('is taken back by its inviter, also from outside, and by who may invite', () => {
    const by = (actorId: string | null) => ({ actorId, inviterId: 'ann' });
    for (const asker of ['stranger', 'member', 'admin'] as const) {
      expect(() => mayCancel(asker, by('ann'))).not.toThrow();
    }
    expect(() => mayCancel('server', by(null))).not.toThrow();
    expect(() => mayCancel('admin', by('bob'))).not.toThrow();
    expect(() => mayCancel('member', by('bob'))).toThrow(code('permission-denied'));
    expect(() => mayCancel('stranger', by('bob'))).toThrow(code('not-found'));
    expect(() => mayCancel('stranger', { actorId: 'bob', inviterId: null })).toThrow(code('not-found'));
  });
});
