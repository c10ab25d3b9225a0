import type { Delivery, Dialect, DomainEvent, DomainEventType } from '@parlance/dialect-kit';
import { sampleEvents, sampleMessage, sampleRoomView, sampleView } from '@parlance/dialect-kit';
import { infoSchema, ParlanceError } from '@parlance/domain';
import type { EventClassTerms, Telling } from './event-classes.js';

/** What a dialect's clients see of a class of events: the names of the frames, or why there is no word for it. */
export type Expectation = { readonly frames: readonly string[] } | { readonly reasons: readonly string[] };

const KINDS = ['direct', 'group'] as const;

/** Read from the outbound table that runs: every sample of the class's events is rendered. */
export function expectationOf(dialect: Dialect, { name, tells }: EventClassTerms): Expectation {
  if (name === 'error') return errorExpectation(dialect);
  const told = tells.map((telling) => toldBy(dialect, telling));
  const frames = new Set(told.flatMap((one) => ('frames' in one ? one.frames : [])));
  if (frames.size > 0) return { frames: [...frames].sort() };
  return { reasons: [...new Set(told.flatMap((one) => ('reasons' in one ? one.reasons : [])))] };
}

/** How a dialect answers a frame that is wrong, whichever way its client asked. */
function errorExpectation(dialect: Dialect): Expectation {
  const { ack, frames = [], unacked = [] } = dialect.refuse(new ParlanceError('invalid', 'Sample.'));
  const names = [...frames, ...unacked].map(({ event }) => event);
  if (ack !== undefined) names.push('its acknowledgement');
  return names.length > 0 ? { frames: [...new Set(names)].sort() } : { reasons: ['answered by REST alone'] };
}

function toldBy(dialect: Dialect, telling: Telling): Expectation {
  const isPlain = typeof telling === 'string';
  const type = isPlain ? telling : 'message.created';
  const entry = dialect.outbound[type];
  if ('ignored' in entry) return { reasons: [entry.ignored] };
  const fits = (event: DomainEvent): boolean => (isPlain ? infoActionOf(event) === null : isInfo(event, telling.infos));
  const frames = KINDS.flatMap((kind) => namesOf(dialect, type, sampleRoomView({ kind }), fits));
  return frames.length > 0 ? { frames } : { reasons: ['the wire has no system messages'] };
}

function isInfo(event: DomainEvent, infos: readonly string[]): boolean {
  const action = infoActionOf(event);
  return action !== null && infos.includes(action);
}

function infoActionOf(event: DomainEvent): string | null {
  if (event.type !== 'message.created' || event.message.type !== 'info') return null;
  return infoSchema.safeParse(event.message.attachment?.data).data?.action ?? 'unknown';
}

function namesOf<T extends DomainEventType>(
  { outbound }: Dialect,
  type: T,
  room: ReturnType<typeof sampleRoomView>,
  fits: (event: DomainEvent) => boolean,
): readonly string[] {
  const entry: Dialect['outbound'][T] = outbound[type];
  if ('ignored' in entry) return [];
  const view = { ...sampleView(room), replied: sampleMessage() };
  const told = sampleEvents(room)[type].filter(fits);
  return told.flatMap((event) => entry.render(event, view)).flatMap((one) => framesOf(one, [...room.users.keys()]));
}

function framesOf(delivery: Delivery, viewers: readonly string[]): readonly string[] {
  if ('frame' in delivery) return [delivery.frame.event];
  return viewers.flatMap((viewer) => delivery.each(viewer)?.event ?? []);
}
