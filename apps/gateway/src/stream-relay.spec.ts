import type { Bus } from '@parlance/bus';
import { listStreams } from '@parlance/contracts';
import { sampleStamp, sampleUser } from '@parlance/dialect-kit/conformance';
import { snapshotOf } from '@parlance/domain';
import type { StreamAdvanced } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import { aConnection, aDialect, busPair, group, quiet, TENANT } from './parts.fixture.js';
import { StreamRelay } from './stream-relay.js';

let edge: Bus;
let service: Bus;
let relay: StreamRelay;
let listeners: Connection[];
/** what each connection's session was told, part by part */
let told: Map<string, string[]>;
let stored: string;
let asked: number;
let wake = (): void => undefined;

const place = { tenantId: TENANT, room: sampleStamp(group), user: snapshotOf(sampleUser('bot')), messageId: 'm1' };
const part = (offset: number, text: string): StreamAdvanced => {
  return { type: 'stream.advanced', v: 1, origin: null, ...place, offset, text };
};
const talking = aDialect('talking');

beforeEach(async () => {
  ({ edge, service } = busPair());
  [listeners, told, stored, asked] = [[], new Map(), '', 0];
  await service.serve(listStreams, async () => {
    asked += 1;
    return { streams: stored === '' ? [] : [{ messageId: 'm1', room: place.room, sender: place.user, text: stored }] };
  });
  relay = new StreamRelay({
    bus: edge,
    listeners: () => listeners,
    write: ({ offset, text }, hearers) => {
      for (const { sessionId } of hearers) told.set(sessionId, [...(told.get(sessionId) ?? []), `${offset}:${text}`]);
      wake();
    },
    logger: quiet,
  });
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

function listener(name: string): Connection {
  const { connection } = aConnection(talking, name, name);
  listeners.push(connection);
  return connection;
}

async function toldTo(name: string, count: number): Promise<string[]> {
  while ((told.get(name)?.length ?? 0) < count) await new Promise<void>((resolve) => (wake = resolve));
  return told.get(name) ?? [];
}

describe('StreamRelay', () => {
  it('tells each part once, doubled and overlapping ones included', () => {
    listener('ann');
    for (const one of [part(0, 'Hel'), part(0, 'Hel'), part(1, 'ello'), part(3, 'lo')]) relay.advance(one);
    expect(told.get('ann')).toEqual(['0:Hel', '3:lo']);
  });

  it('tells who came between two parts the text so far with the next one', () => {
    listener('ann');
    relay.advance(part(0, 'Hel'));
    listener('bob');
    relay.advance(part(3, 'lo'));
    expect([told.get('ann'), told.get('bob')]).toEqual([['0:Hel', '3:lo'], ['0:Hello']]);
  });

  it('reads what it missed when a part was lost', async () => {
    listener('ann');
    relay.advance(part(0, 'Hel'));
    stored = 'Hello wor';
    relay.advance(part(5, ' wor'));
    expect(await toldTo('ann', 2)).toEqual(['0:Hel', '3:lo wor']);
  });

  it('tells a connection that just came what is being written, without another part', async () => {
    stored = 'Hello';
    const ann = listener('ann');
    await relay.late(ann);
    relay.advance(part(5, '!'));
    expect(told.get('ann')).toEqual(['0:Hello', '5:!']);
  });

  it('tells nothing after the message it became, and does not open it again', () => {
    listener('ann');
    relay.advance(part(0, 'Hel'));
    relay.end(TENANT, 'm1');
    relay.advance(part(3, 'lo'));
    expect(told.get('ann')).toEqual(['0:Hel']);
  });

  it('asks for nothing where nobody listens', () => {
    relay.advance(part(3, 'lo'));
    expect(asked).toBe(0);
  });
});
