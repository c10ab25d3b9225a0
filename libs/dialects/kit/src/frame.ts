/** One unit of a wire: an event name with its arguments, as Socket.IO carries it. */
export interface Frame {
  readonly event: string;
  readonly args: readonly unknown[];
}

export function frame(event: string, ...args: readonly unknown[]): Frame {
  return { event, args };
}

/**
 * What goes back to the socket that asked. `ack`: arguments of its acknowledgement, if it asked for one. `unacked`: frames sent
 * instead when it did not. `frames`: frames sent in either case. `mode`: once this reply is sent, everything to this connection goes
 * through the dialect's encoding of that name; null: as it is again.
 */
export interface Reply {
  readonly ack?: readonly unknown[];
  readonly unacked?: readonly Frame[];
  readonly frames?: readonly Frame[];
  readonly mode?: string | null;
}

/** How a connection in a certain mode is written to. Pure. */
export interface FrameEncoding {
  readonly frame: (frame: Frame) => Frame;
  /** the arguments of the acknowledgement of the inbound event of this name */
  readonly ack: (event: string, args: readonly unknown[]) => readonly unknown[];
}

export const NO_REPLY: Reply = {};

/** Who of a dialect's local connections hears a rendered event. */
export type Audience =
  /** every connection of the room's members; for a user's own event: of that user */
  | 'members'
  /** those of them that have opened the room */
  | 'open'
  /** the connections of these users, members or not (somebody just removed, say) */
  | { readonly users: readonly string[] };

/** Whom to leave out: the connection that asked for it, or all connections of the user who did. */
export type Except = 'origin' | 'actor';

/**
 * One rendering: the same frame for the whole audience (encoded once), or `each`: one per viewer, null = nothing for that one.
 */
export type Delivery = { readonly to: Audience; readonly except?: Except } & (
  { readonly frame: Frame } | { readonly each: (viewerId: string) => Frame | null }
);
