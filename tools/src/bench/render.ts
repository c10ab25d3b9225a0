import { dialects } from '@parlance/dialect-registry';
import type { Delivery, Dialect, DomainEvent, RoomView, View } from '@parlance/dialect-kit';
import { sampleMessage, sampleRoomView, sampleStamp, sampleUser, sampleView } from '@parlance/dialect-kit';
import type { Message } from '@parlance/domain';
import { snapshotOf } from '@parlance/domain';
import { table } from './table.js';

export interface RenderOptions {
  readonly rounds: number;
  readonly facts: number;
}

/** The bar: rendering for all dialects costs at most this many times `JSON.stringify` of the facts. */
export const RENDER_BAR = 6;

const AT = '2026-01-02T03:04:05.678Z';
const NS_PER_US = 1_000;

const people = { photo: 'https://files.bench.test/a.png', lastSeenAt: AT };
const ann = sampleUser('ann', { number: 1, ...people });
const bob = sampleUser('bob', { number: 2, ...people });
const roomView: RoomView = { ...sampleRoomView(), users: new Map([ann, bob].map((user) => [user.id, user])) };
const stamp = sampleStamp(roomView);
const view: View = { ...sampleView(roomView), replied: null };

function someMessage(seq: number): Message {
  return sampleMessage({
    id: (0x64b0_0000_0000 + seq).toString(16).padEnd(24, '0'),
    seq,
    clientMessageId: `0f8fad5b-d9cb-469f-a165-${seq.toString(16).padStart(12, '0')}`,
    text: `Message number ${seq}: are we still meeting at the usual place at noon, or shall I book another one?`,
    metadata: { mood: 'good' },
  });
}

/** The traffic of a chat: messages mostly, receipts and typing, now and then an edit or a deletion. */
function someEvent(index: number): DomainEvent {
  const actor = snapshotOf(ann);
  const shared = { tenantId: view.tenant.id, room: stamp, origin: 'c1' };
  const kind = index % 10;
  if (kind === 7) return { ...shared, type: 'typing.changed', user: actor, status: 'typing', text: null };
  if (kind === 8) {
    const marks = { readSeq: index, deliveredSeq: index, messageId: someMessage(index).id };
    return { ...shared, type: 'receipt.changed', v: 1, user: actor, kind: 'read', ...marks, at: AT };
  }
  const place = { id: String(index), v: 1, pos: index + 1, prevAt: AT, at: AT, actor } as const;
  const message = someMessage(index + 1);
  if (kind === 9) return { ...shared, ...place, type: 'message.edited', message: { ...message, editedAt: AT } };
  return { ...shared, ...place, type: 'message.created', message };
}

/** Every frame the dialect's connections of the room's two people would be sent. */
function framesOf(dialect: Dialect, event: DomainEvent): number {
  let frames = 0;
  for (const delivery of render(dialect.outbound, event.type, event)) {
    if ('frame' in delivery) frames += 1;
    else for (const viewer of ['ann', 'bob']) if (delivery.each(viewer) !== null) frames += 1;
  }
  return frames;
}

function render<T extends DomainEvent['type']>(
  outbound: Dialect['outbound'],
  type: T,
  event: Extract<DomainEvent, { type: T }>,
): readonly Delivery[] {
  const entry: Dialect['outbound'][T] = outbound[type];
  return 'ignored' in entry ? [] : entry.render(event, view);
}

interface Round {
  readonly stringifyNs: number;
  readonly byDialect: ReadonlyMap<string, number>;
}

function measure(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start);
}

function oneRound(events: readonly DomainEvent[]): Round {
  let sink = 0;
  const stringifyNs = measure(() => events.forEach((event) => (sink += JSON.stringify(event).length)));
  const byDialect = new Map(
    dialects.map((dialect) => [
      dialect.name,
      measure(() => events.forEach((event) => (sink += framesOf(dialect, event)))),
    ]),
  );
  if (sink === 0) throw new Error('Nothing was rendered.');
  return { stringifyNs, byDialect };
}

/** Rendering of the same facts for every dialect against `JSON.stringify` of them, interleaved; true when the bar is met. */
export function benchRender({ rounds, facts }: RenderOptions, print: (text: string) => void): boolean {
  const events = Array.from({ length: facts }, (_, index) => someEvent(index));
  // What comes first is compiled first: the measured rounds begin warm.
  for (let warm = 0; warm < 3; warm += 1) oneRound(events);
  const measured = Array.from({ length: rounds }, () => oneRound(events));
  const ratios = measured.map(({ stringifyNs, byDialect }) => sum(byDialect.values()) / stringifyNs);
  const perFact = (ns: number): string => (ns / facts / NS_PER_US).toFixed(2);
  const names = dialects.map(({ name }) => name);
  const rows = measured.map(({ stringifyNs, byDialect }, index) => [
    String(index + 1),
    perFact(stringifyNs),
    ...names.map((name) => perFact(byDialect.get(name) ?? 0)),
    ratios[index]?.toFixed(2) ?? '',
  ]);
  print(table([['round', 'stringify', ...names, 'ratio'], ...rows]));
  const ratio = median(ratios);
  print(
    `us per fact; all ${names.length} dialects cost ${ratio.toFixed(2)}x JSON.stringify (median; the bar is ${RENDER_BAR}x)`,
  );
  return ratio <= RENDER_BAR;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
