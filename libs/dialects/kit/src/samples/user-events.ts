import type { DomainEventOf, DomainEventType } from '../dialect.js';
import type { RoomView } from '../intent.js';
import { callReasonSchema, DEFAULT_ROOM_PREFERENCES, snapshotOf } from '@parlance/domain';
import { LATER, sampleCall, sampleInvitation, sampleScoreDay, sampleStamp, sampleUser } from './values.js';

type Samples = { readonly [T in DomainEventType]?: readonly DomainEventOf<T>[] };

function userEventBase(view: RoomView, userId: string) {
  return {
    v: 1 as const,
    tenantId: 'tenant-1',
    userId,
    at: LATER,
    origin: null,
    device: null,
    room: sampleStamp(view),
  };
}

export function sampleUserEvents(view: RoomView) {
  const toBob = userEventBase(view, 'bob');
  const ownOnly = { ...toBob, room: null };
  const [ann, bob] = [snapshotOf(sampleUser('ann')), snapshotOf(sampleUser('bob'))];
  const block = { type: 'block.changed', other: ann } as const;
  const invitation = { ...toBob, type: 'invitation.changed', inviter: ann, invitee: bob } as const;
  const stream = { tenantId: 'tenant-1', room: toBob.room, user: ann, origin: null, v: 1 } as const;
  const presence = { ...ownOnly, type: 'presence.changed' as const, subject: ann, shared: [toBob.room] };
  const reward = { ...ownOnly, type: 'reward.changed', rewardId: '64f000000000000000000001' } as const;
  return {
    'stream.advanced': [
      { ...stream, type: 'stream.advanced', messageId: '64b000000000000000000003', offset: 0, text: 'Hel' },
      { ...stream, type: 'stream.advanced', messageId: '64b000000000000000000003', offset: 3, text: 'lo' },
    ],
    'block.changed': [
      { ...toBob, ...block, blockedByMe: false, blockedMe: true },
      { ...ownOnly, ...block, blockedByMe: true, blockedMe: false },
      { ...toBob, ...block, blockedByMe: false, blockedMe: false },
    ],
    'preference.changed': [
      { ...ownOnly, type: 'preference.changed', key: 'folders-meta', value: [{ key: 'a' }], removed: false },
      { ...ownOnly, type: 'preference.changed', key: 'folders-meta', value: null, removed: true },
    ],
    'room-preferences.changed': [
      { ...toBob, type: 'room-preferences.changed', preferences: DEFAULT_ROOM_PREFERENCES },
      {
        ...toBob,
        type: 'room-preferences.changed',
        preferences: { ...DEFAULT_ROOM_PREFERENCES, muted: true, pinned: true, folder: 'work', tags: ['a'] },
      },
    ],
    'messages.hidden': [
      { ...toBob, type: 'messages.hidden', messageIds: ['64b000000000000000000001'], allUpToSeq: null },
      { ...toBob, type: 'messages.hidden', messageIds: [], allUpToSeq: 9 },
    ],
    'invitation.changed': (['open', 'accepted', 'rejected', 'canceled'] as const).flatMap((state) => [
      { ...invitation, invitation: sampleInvitation({ state }) },
      { ...invitation, userId: 'ann', inviter: null, invitation: sampleInvitation({ state, inviterId: null }) },
    ]),
    'user.terminated': [{ ...ownOnly, type: 'user.terminated', message: 'Your account was closed.' }],
    'presence.changed': [
      { ...presence, online: true, lastSeenAt: null },
      { ...presence, online: false, lastSeenAt: LATER },
    ],
    'score.changed': [{ ...ownOnly, type: 'score.changed', day: sampleScoreDay() }],
    'reward.changed': [
      { ...reward, remaining: 3, isExpired: false, consumedByMe: true },
      { ...reward, remaining: 0, isExpired: true, consumedByMe: false },
    ],
  } satisfies Samples;
}

export function sampleCallEvents(view: RoomView) {
  const [caller, callee] = [snapshotOf(sampleUser('ann')), snapshotOf(sampleUser('bob'))];
  const toBob = { ...userEventBase(view, 'bob'), call: sampleCall(), caller, callee };
  const toAnn = { ...toBob, userId: 'ann' };
  const accepted = sampleCall({ state: 'accepted', acceptedAt: LATER });
  const ended = callReasonSchema.options.map((reason) => sampleCall({ state: 'ended', reason, endedAt: LATER }));
  return {
    'call.offered': [toAnn, toBob].flatMap((one) =>
      [null, '{"sdp":"x"}', { sdp: { type: 'offer' } }].map((payload) => ({
        ...one,
        type: 'call.offered' as const,
        payload,
      })),
    ),
    'call.accepted': [toAnn, toBob].flatMap((one) =>
      [false, true].map((glare) => ({
        ...one,
        type: 'call.accepted' as const,
        call: accepted,
        payload: { answer: 'y' },
        glare,
      })),
    ),
    'call.ended': [
      ...[toAnn, toBob].flatMap((one) =>
        ended.map((call) => ({ ...one, type: 'call.ended' as const, call, elsewhere: false })),
      ),
      { ...toBob, device: { except: 'phone' }, type: 'call.ended' as const, call: accepted, elsewhere: true },
    ],
    'call.signaled': [
      {
        ...toBob,
        type: 'call.signaled' as const,
        call: accepted,
        data: { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 },
      },
    ],
  } satisfies Samples;
}
