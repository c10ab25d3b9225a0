import type { Role } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demand, membersOfNewRoom, rankChange, roleChange, verdict, type Asker, type Deed } from './room.rules.js';

const ROLES: readonly Role[] = ['member', 'admin', 'owner'];
const CHAIN: readonly Asker[] = ['member', 'admin', 'owner', 'server'];
const DEEDS: readonly Deed[] = [
  'patch',
  'delete',
  'clear',
  'add',
  'remove',
  'leave',
  'change-role',
  'change-own-nickname',
  'change-nickname',
  'invite',
  'cancel-invitation',
  'ban',
  'see-bans',
];
const deed = fc.constantFrom(...DEEDS);
const touched = fc.constantFrom<Role | null>(null, ...ROLES);
const seed = Date.now() % 2 ** 31;

function check<T>(property: fc.IProperty<T>): void {
  fc.assert(property, { seed, numRuns: 500 });
}

describe(`who may do what (seed ${seed})`, () => {
  it('is nothing a stranger finds out, and everything for the server', () => {
    check(
      fc.property(deed, touched, (what, role) => {
        expect(verdict(what, 'stranger', role)).toBe('not-found');
        expect(verdict(what, 'server', role)).toBe('ok');
      }),
    );
  });

  it('grows with the role: what one may, every higher one may', () => {
    check(
      fc.property(deed, touched, fc.nat(CHAIN.length - 2), (what, role, place) => {
        const [lower, higher] = [CHAIN[place], CHAIN[place + 1]];
        if (lower === undefined || higher === undefined) throw new RangeError('No such place.');
        if (verdict(what, lower, role) === 'ok') expect(verdict(what, higher, role)).toBe('ok');
      }),
    );
  });

  it('leaves an owner’s role to owners', () => {
    check(
      fc.property(deed, fc.constantFrom<Asker>('member', 'admin'), (what, asker) => {
        if (what === 'leave') return;
        expect(verdict(what, asker, 'owner')).toBe('permission-denied');
      }),
    );
  });

  it('is for a member to leave and to name itself, no more', () => {
    const allowed = DEEDS.filter((what) => verdict(what, 'member') === 'ok');
    expect(allowed).toEqual(['leave', 'change-own-nickname']);
    expect(DEEDS.filter((what) => verdict(what, 'admin') !== 'ok')).toEqual(['delete']);
  });

  it('is refused in so many words', () => {
    expect(() => demand('patch', 'stranger')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(() => demand('delete', 'admin')).toThrow('Only the owner may do this.');
    expect(() => demand('add', 'member')).toThrow('Only an owner or admin may do this.');
    expect(demand('add', 'admin')).toBeUndefined();
  });
});

describe('another role', () => {
  const people = fc.uniqueArray(fc.constantFrom('ann', 'bob', 'cat', 'dan'), { minLength: 1 });

  it('never leaves a room that had an owner without one', () => {
    check(
      fc.property(
        people,
        fc.constantFrom('ann', 'bob', 'cat', 'dan'),
        fc.constantFrom(...ROLES),
        fc.constantFrom<string | null>(null, 'ann', 'bob'),
        (owners, userId, to, actorId) => {
          const from: Role = owners.includes(userId) ? 'owner' : 'member';
          const change = () => roleChange({ userId, from, to }, actorId, owners);
          if (owners.length === 1 && from === 'owner' && to !== 'owner') {
            expect(change).toThrow(expect.objectContaining({ code: 'invalid' }));
            return;
          }
          const { formers } = change();
          const after = new Set(owners.filter((owner) => !formers.includes(owner)));
          if (to === 'owner') after.add(userId);
          else after.delete(userId);
          expect(after.size).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('of an owner makes the giver an admin, the server all former ones', () => {
    const target = { userId: 'cat', from: 'member' as const, to: 'owner' as const };
    expect(roleChange(target, 'ann', ['ann', 'bob']).formers).toEqual(['ann']);
    expect(roleChange(target, null, ['ann', 'bob']).formers).toEqual(['ann', 'bob']);
    expect(roleChange({ ...target, from: 'owner' }, null, ['ann', 'cat']).formers).toEqual([]);
  });

  it('is a promotion or a demotion', () => {
    expect([rankChange('member', 'admin'), rankChange('owner', 'admin'), rankChange('admin', 'admin')]).toEqual([
      'member.promoted',
      'member.demoted',
      null,
    ]);
  });
});

describe('the members of a new room', () => {
  it('are each named once, in the order of their bytes, with who makes it', () => {
    expect(membersOfNewRoom('group', 'me', ['z', 'ä', 'a', 'z'], 10)).toEqual(['a', 'me', 'z', 'ä']);
    expect(() => membersOfNewRoom('group', null, ['a', 'b', 'c'], 2)).toThrow('at most 2');
    expect(() => membersOfNewRoom('direct', 'me', ['a', 'b'], 10)).toThrow(
      expect.objectContaining({ code: 'permission-denied' }),
    );
  });
});
