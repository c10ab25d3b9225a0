import type { Bus } from '@parlance/bus';
import type { IntentOf, IntentType, ResultOf } from '@parlance/dialect-kit';
import type { Caller } from './caller.js';
import type { Directory } from './directory.js';
import type { FilePorts } from './file.ports.js';
import type { MediaPorts } from './media.ports.js';

export interface ActionContext {
  readonly bus: Bus;
  readonly directory: Directory;
  readonly newId: () => string;
  /** longest message text, in characters */
  readonly maxTextChars: number;
  /** members of a room above which neither presence nor typing is told in it; default 100 */
  readonly maxPresenceMembers?: number;
  /** where uploads are kept; absent: they are `unsupported` */
  readonly storage?: FilePorts | null;
  /** how the media of calls finds its way; absent: that is `unsupported` */
  readonly media?: MediaPorts;
}

/** How each intent is carried out for a caller. An edge adds what only it can do (sockets), the rest is the same for all. */
export type Actions = {
  readonly [T in IntentType]: (caller: Caller, intent: IntentOf<T>, timeoutMs?: number) => Promise<ResultOf<T>>;
};

/** The intents that need a live connection; a REST edge answers them `unsupported`. */
export type ConnectionIntent =
  'session.identify' | 'session.leave' | 'room.open' | 'room.close' | 'refresh.request' | 'presence.show';
