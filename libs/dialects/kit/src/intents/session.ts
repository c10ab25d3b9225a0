import type { RoomStamp, User } from '@parlance/domain';
import type { RoomKey } from './views.js';

/** Who a connection is, and which room it shows. */
export interface SessionIntents {
  /** Nothing to do but to be identified (the claim beside the intent did it), or a no-op of the wire. */
  readonly 'session.identify': { readonly in: object; readonly out: { readonly user: User } };
  /** The client gives its identity up; the connection is unbound. */
  readonly 'session.leave': { readonly in: object; readonly out: object };
  /** The client shows a room: it hears the frames that go to `open` listeners. */
  readonly 'room.open': { readonly in: { readonly room: RoomKey }; readonly out: { readonly room: RoomStamp } };
  readonly 'room.close': { readonly in: { readonly room: RoomKey }; readonly out: object };
}
