import type { Reply } from '@parlance/dialect-kit';
import type { ErrorCode, Message, ScoreAction, ScoreDay, Tenant, UserSnapshot } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { contentOf, wireFrame } from './wire.js';

/** The wire's seven error events, by our codes; two of them are told apart by the error's `reason`. */
const ERROR_EVENTS: Readonly<Record<ErrorCode, string>> = {
  invalid: 'validation-failed',
  conflict: 'validation-failed',
  'too-large': 'validation-failed',
  unsupported: 'validation-failed',
  unauthenticated: 'authorization-failed',
  'permission-denied': 'permission-denied',
  'not-found': 'not-found',
  'rate-limited': 'server-error',
  overloaded: 'server-error',
  unavailable: 'server-error',
  internal: 'server-error',
};
const REASON_EVENTS: ReadonlyMap<unknown, string> = new Map([
  ['unverified', 'verification-required'],
  ['terminated', 'account-terminated'],
]);

/** What a user whose e-mail address was never confirmed hears instead of being let in. */
export function unverified(): ParlanceError {
  return new ParlanceError('permission-denied', 'Please verify your email first', { reason: 'unverified' });
}

export function refused(error: ParlanceError, tenant: Tenant | null = null): Reply {
  const event = REASON_EVENTS.get(error.details?.['reason']) ?? ERROR_EVENTS[error.code];
  return { frames: [wireFrame(tenant, event, { message: error.message })] };
}

/** A user as this wire shows one. Whoever is gone keeps the id alone. */
export function wireUser(user: Pick<UserSnapshot, 'id' | 'name' | 'username' | 'photo'>): object {
  return { _id: user.id, name: user.name, username: user.username, photo: user.photo ?? '' };
}

export function wireMessage(message: Message, sender: object): object {
  const reel = message.metadata['reel'];
  return {
    _id: message.id,
    user: sender,
    chat: message.roomId,
    ...(typeof reel === 'string' ? { reel } : {}),
    content: contentOf(message),
    at: message.createdAt,
  };
}

/** Beside a read mark the author is an id, not an object. */
export function wireLastMessage(message: Message): object {
  const { id, senderId, roomId, createdAt } = message;
  return { _id: id, user: senderId, chat: roomId, content: contentOf(message), at: createdAt };
}

/** In the key order of the vendor's page, so that the page's own example comes out byte for byte. */
export function wireScore({ date, reelsSeen, totalScore, social, mindfulness }: ScoreDay): object {
  return {
    date,
    reelsSeen,
    totalScore,
    social: { score: social.score, day: social.day, actions: social.actions.map(wireAction) },
    mindfulness: { score: mindfulness.score, actions: mindfulness.actions.map(wireAction) },
  };
}

function wireAction({ label, subLabel, type, value, completed, startAt }: ScoreAction): object {
  return {
    label,
    ...(subLabel === undefined ? {} : { subLabel }),
    type,
    value,
    ...(completed === undefined ? {} : { completed }),
    ...(startAt === undefined ? {} : { startAt }),
  };
}
