import type { Delivery, Dialect, DomainEventType } from '@parlance/dialect-kit';
import { sampleEvents, sampleRoomView, sampleView } from '@parlance/dialect-kit';
import type { EventClass } from './event-classes.js';

/** What a dialect's clients see of a class of events: the names of the frames, or why there is no word for it. */
export type Expectation = { readonly frames: readonly string[] } | { readonly reasons: readonly string[] };

const KINDS = ['direct', 'group'] as const;

/** Read from the outbound table that runs: every sample of the class's events is rendered. */
export function expectationOf({ outbound }: Dialect, { tells }: Pick<EventClass, 'tells'>): Expectation {
  const frames = new Set<string>();
  const reasons: string[] = [];
  for (const type of tells) {
    const entry = outbound[type];
    if ('ignored' in entry) reasons.push(entry.ignored);
    else for (const name of namesOf(outbound, type)) frames.add(name);
  }
  return frames.size > 0 ? { frames: [...frames].sort() } : { reasons };
}

function namesOf(outbound: Dialect['outbound'], type: DomainEventType): readonly string[] {
  return KINDS.flatMap((kind) => {
    const room = sampleRoomView({ kind });
    return rendered(outbound, type, room).flatMap((delivery) => framesOf(delivery, [...room.users.keys()]));
  });
}

function rendered<T extends DomainEventType>(
  outbound: Dialect['outbound'],
  type: T,
  room: ReturnType<typeof sampleRoomView>,
): readonly Delivery[] {
  const entry: Dialect['outbound'][T] = outbound[type];
  if ('ignored' in entry) return [];
  return sampleEvents(room)[type].flatMap((event) => entry.render(event, { ...sampleView(room), replied: null }));
}

function framesOf(delivery: Delivery, viewers: readonly string[]): readonly string[] {
  if ('frame' in delivery) return [delivery.frame.event];
  return viewers.flatMap((viewer) => delivery.each(viewer)?.event ?? []);
}
