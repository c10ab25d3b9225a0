/** One stay of a user in a room that a resumed session may be owed facts of. Positions. */
export interface Stay {
  readonly roomId: string;
  readonly joinPos: number;
  /** null: still a member */
  readonly leavePos: number | null;
  /** the room's newest */
  readonly head: number;
  /** the newest at the session's `asOf` */
  readonly seen: number;
}

export interface Cursor {
  readonly roomId: string;
  /** confirmed by the client */
  readonly pos: number;
}

export interface Owed {
  readonly roomId: string;
  readonly afterPos: number;
  readonly toPos: number | null;
}

/**
 * What a resuming client is owed: of a listed room the facts after its cursor, of any other those after the session's `asOf`;
 * nothing before a join or after a leave, but the facts of joining and leaving themselves. One entry per stay that has any.
 */
export function owedFacts(stays: readonly Stay[], cursors: readonly Cursor[]): Owed[] {
  const confirmed = new Map(cursors.map((cursor) => [cursor.roomId, cursor.pos]));
  return stays.flatMap(({ roomId, joinPos, leavePos, head, seen }) => {
    const afterPos = Math.max(confirmed.get(roomId) ?? seen, joinPos - 1);
    const last = leavePos ?? head;
    return afterPos < last ? [{ roomId, afterPos, toPos: leavePos }] : [];
  });
}
