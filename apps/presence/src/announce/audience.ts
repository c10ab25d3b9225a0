import type { RoomStamp, UserEventOf, UserSnapshot } from '@parlance/domain';

/** Rooms named in one event; more say no more. */
const MAX_SHARED = 100;
/** Events of one publication: with the most rooms each, it stays below what a message may hold. */
export const MAX_EVENTS = 32;

export interface SharedRoom {
  readonly room: RoomStamp;
  readonly memberIds: readonly string[];
}

/** A user who came or went. `at`: ms since the epoch. */
export interface Change {
  readonly subject: UserSnapshot;
  readonly online: boolean;
  readonly at: number;
}

/** For each person who shares a room with one of them: whose coming or going they are told, and through which rooms. */
export function audienceOf(
  subjects: ReadonlySet<string>,
  rooms: readonly SharedRoom[],
): Map<string, Map<string, RoomStamp[]>> {
  const audience = new Map<string, Map<string, RoomStamp[]>>();
  for (const { room, memberIds } of rooms) {
    const moved = memberIds.filter((id) => subjects.has(id));
    for (const peer of moved.length === 0 ? [] : memberIds) {
      for (const subject of moved) if (subject !== peer) note(audience, peer, subject, room);
    }
  }
  return audience;
}

function note(audience: Map<string, Map<string, RoomStamp[]>>, peer: string, subject: string, room: RoomStamp): void {
  const told = audience.get(peer) ?? new Map<string, RoomStamp[]>();
  audience.set(peer, told);
  const shared = told.get(subject);
  if (shared === undefined) told.set(subject, [room]);
  else if (shared.length < MAX_SHARED) shared.push(room);
}

/** What one person is told, cut into publications. */
export function eventsFor(
  tenantId: string,
  userId: string,
  told: ReadonlyMap<string, readonly RoomStamp[]>,
  changes: ReadonlyMap<string, Change>,
): readonly UserEventOf<'presence.changed'>[][] {
  const events = [...told].flatMap(([subjectId, shared]) => {
    const change = changes.get(subjectId);
    return change === undefined ? [] : [eventOf(tenantId, userId, change, shared)];
  });
  return Array.from({ length: Math.ceil(events.length / MAX_EVENTS) }, (_, page) =>
    events.slice(page * MAX_EVENTS, (page + 1) * MAX_EVENTS),
  );
}

function eventOf(
  tenantId: string,
  userId: string,
  { subject, online, at }: Change,
  shared: readonly RoomStamp[],
): UserEventOf<'presence.changed'> {
  const time = new Date(at).toISOString();
  const lastSeenAt = online ? subject.lastSeenAt : time;
  return {
    v: 1,
    type: 'presence.changed',
    tenantId,
    userId,
    at: time,
    origin: null,
    device: null,
    room: null,
    subject: { ...subject, lastSeenAt },
    online,
    lastSeenAt,
    shared: [...shared],
  };
}
