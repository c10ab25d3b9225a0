import type { UserRef } from '@parlance/domain';
import type { CallIntents } from './intents/call.js';
import type { FileIntents } from './intents/file.js';
import type { MemberIntents } from './intents/member.js';
import type { MessageIntents } from './intents/message.js';
import type { RoomIntents } from './intents/room.js';
import type { ScoreIntents } from './intents/score.js';
import type { SessionIntents } from './intents/session.js';
import type { SignalIntents } from './intents/signal.js';
import type { TenantIntents } from './intents/tenant.js';
import type { UserIntents } from './intents/user.js';

export type {
  RoomKey,
  UpTo,
  RoomView,
  ListedRoom,
  BlockView,
  MessagePage,
  CallView,
  SentMessage,
} from './intents/views.js';

/**
 * Everything a wire can ask for, in domain words: what goes in, and what comes back when it worked. The same table serves
 * sockets, the dialects' REST companions and the native API; `libs/actions` executes it for a principal.
 * An absent `by`/`user` means the principal itself.
 */
export interface IntentMap
  extends
    SessionIntents,
    UserIntents,
    TenantIntents,
    RoomIntents,
    MemberIntents,
    MessageIntents,
    FileIntents,
    CallIntents,
    ScoreIntents,
    SignalIntents {}

export type IntentType = keyof IntentMap;
/** An intent as data: `{ type, ...what goes in }`. */
export type IntentOf<T extends IntentType> = { readonly type: T } & IntentMap[T]['in'];
export type ResultOf<T extends IntentType> = IntentMap[T]['out'];
export type Intent = { [T in IntentType]: IntentOf<T> }[IntentType];

/** Carries an intent out; throws ParlanceError when it cannot. */
export type Execute = <T extends IntentType>(intent: IntentOf<T>) => Promise<ResultOf<T>>;

/** What is believed of a payload only as far as the tenant's `payloadIdentity` allows: who says to be calling. */
export interface Claim {
  /** an API key or user token that stands in the payload */
  readonly credential?: string | undefined;
  readonly user?: UserRef | undefined;
  /** that the app's own server signed `user`: see the contract `verifyUserProof`; counts where `payloadIdentity` is `signed` */
  readonly proof?: string | undefined;
}
