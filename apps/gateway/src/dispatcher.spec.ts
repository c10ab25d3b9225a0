import { frame } from '@parlance/dialect-kit';
import type { RoomView } from '@parlance/dialect-kit';
import { sampleEvents, sampleMessage } from '@parlance/dialect-kit/conformance';
import { describe, expect, it } from 'vitest';
import { AudienceIndex } from './audience-index.js';
import type { Connection } from './connection.js';
import { Dispatcher } from './dispatcher.js';
import {
  aConnection,
  addedAt,
  aDialect,
  direct,
  entryOf,
  group,
  messageAt,
  quiet,
  removedAt,
  someMetrics,
  TENANT,
} from './parts.fixture.js';

const roomId = group.room.id;

function world(loadView: () => RoomView | Promise<RoomView | null> = () => group) {
  const audiences = new AudienceIndex();
  const left: string[] = [];
  const ports = {
    loadView,
    wrote: () => undefined,
    overflowed: (connection: Connection) => connection.become('closed'),
    left: (_: string, id: string) => left.push(id),
    loadMessage: () => Promise.resolve(sampleMessage({ id: 'answered' })),
    terminated: (connection: Connection) => left.push(`terminated ${connection.sessionId}`),
  };
  const dispatcher = new Dispatcher(audiences, ports, someMetrics(), quiet);
  const join = (connection: Connection): void => {
    audiences.addUser(connection, connection.userKey ?? '');
    audiences.addRoom(connection, TENANT, roomId);
  };
  return { audiences, dispatcher, join, left };
}

function later<T>() {
  let resolve = (_: T): void => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve: (value: T) => resolve(value) };
}

const plain = aDialect('plain');
const fails = (): never => {
  throw new Error('poison');
};

describe('Dispatcher', () => {
  it.each([
    ['a renderer', { render: fails }],
    ['what a renderer says to each', { render: () => [{ to: 'members' as const, each: fails }] }],
    ['a frame that cannot be encoded', { render: () => [{ to: 'members' as const, frame: frame('big', 1n) }] }],
  ])('lets %s that fails cost its own dialect the event and nobody else', (_, message) => {
    const { dispatcher, join } = world();
    const ill = aConnection(aDialect('ill', message), 'ann');
    const well = aConnection(plain, 'bob');
    for (const { connection } of [ill, well]) join(connection);
    void dispatcher.deliver(entryOf(messageAt(5)));
    expect([ill.written, well.written]).toEqual([[], ['plain']]);
    // It has passed for both: neither is owed it again.
    expect(ill.connection.cursor.newest(roomId)).toBe(5);
  });

  it('tells dialects that need no view at once, and the others when it is there, or without it', async () => {
    const { promise, resolve } = later<RoomView | null>();
    const { dispatcher, join } = world(() => promise);
    const seen: (RoomView | null)[] = [];
    const needy = aDialect('needy', {
      needs: 'room',
      render: (_, view) => {
        seen.push(view.room);
        return [{ to: 'members', frame: frame('needy') }];
      },
    });
    const [slow, fast] = [aConnection(needy, 'ann'), aConnection(plain, 'bob')];
    for (const { connection } of [slow, fast]) join(connection);
    const delivered = dispatcher.deliver(entryOf(messageAt(5)));
    expect([slow.written, fast.written]).toEqual([[], ['plain']]);
    resolve(null);
    await delivered;
    expect([slow.written, seen]).toEqual([['needy'], [null]]);
  });

  it('writes nothing to a connection that became somebody else while the view was read', async () => {
    const { promise, resolve } = later<RoomView | null>();
    const { dispatcher, join } = world(() => promise);
    const { connection, written } = aConnection(aDialect('needy', { needs: 'room' }), 'ann');
    join(connection);
    const delivered = dispatcher.deliver(entryOf(messageAt(5)));
    const { identity } = aConnection(plain, 'mallory').connection;
    connection.forget();
    connection.identity = identity;
    resolve(group);
    await delivered;
    expect(written).toEqual([]);
  });

  it('tells the removed of their removal, and nothing after it', () => {
    const gone = aDialect(
      'gone',
      {},
      {
        'member.removed': { render: ({ userId }) => [{ to: { users: [userId] }, frame: frame('removed') }] },
      },
    );
    const { dispatcher, join, left } = world();
    const ann = aConnection(gone, 'ann');
    join(ann.connection);
    ann.connection.open.add(roomId);
    for (const fact of [messageAt(5), removedAt(6, 'ann'), messageAt(7)]) void dispatcher.deliver(entryOf(fact));
    expect(ann.written).toEqual(['gone', 'removed']);
    expect([...ann.connection.open, ...left]).toEqual([roomId]);
  });

  it('tells a signal that came at both users of a direct room to each of their connections once', () => {
    const { dispatcher, audiences } = world();
    const typed = aDialect(
      'typed',
      {},
      { 'typing.changed': { render: () => [{ to: 'members', frame: frame('typing') }] } },
    );
    const [ann, bob] = ['ann', 'bob'].map((userId) => aConnection(typed, userId));
    for (const one of [ann, bob])
      if (one !== undefined) audiences.addUser(one.connection, one.connection.userKey ?? '');
    const [typing] = sampleEvents(direct)['typing.changed'];
    if (typing === undefined) throw new Error('no sample');
    for (const only of ['ann', 'bob']) void dispatcher.signal(typing, only);
    expect([ann?.written, bob?.written]).toEqual([['typing'], ['typing']]);
    void dispatcher.signal(typing, null);
    expect([ann?.written, bob?.written]).toEqual([
      ['typing', 'typing'],
      ['typing', 'typing'],
    ]);
  });

  it('takes the removed out also when the removal could not be shown', async () => {
    const needy = aDialect('needy', {}, { 'member.removed': { needs: 'room', render: fails } });
    const { dispatcher, join, audiences } = world(() => Promise.resolve(null));
    const { connection } = aConnection(needy, 'ann');
    join(connection);
    await dispatcher.deliver(entryOf(removedAt(6, 'ann')));
    expect(audiences.inRoom(connection, TENANT, roomId)).toBe(false);
  });

  it('tells a removed user whose connections were in the room no more', () => {
    const gone = aDialect(
      'gone',
      {},
      {
        'member.removed': { render: ({ userId }) => [{ to: { users: [userId] }, frame: frame('removed') }] },
      },
    );
    const { dispatcher, audiences } = world();
    const { connection, written } = aConnection(gone, 'ann');
    audiences.addUser(connection, connection.userKey ?? '');
    void dispatcher.deliver(entryOf(removedAt(6, 'ann')));
    expect(written).toEqual(['removed']);
  });

  it('brings the added in, and keeps for a connection that binds what it will hear', async () => {
    const { dispatcher, audiences } = world();
    const { connection, written } = aConnection(plain, 'ann');
    audiences.addUser(connection, connection.userKey ?? '');
    connection.become('binding');
    for (const fact of [addedAt(5, 'ann'), messageAt(6)]) void dispatcher.deliver(entryOf(fact));
    expect(written).toEqual([]);
    expect(connection.backlog.map((entry) => entry.pos)).toEqual([5, 6]);
    for (const entry of connection.backlog) await dispatcher.deliverTo(connection, entry);
    expect(written).toEqual(['plain']);
  });

  it('writes nothing twice to one connection, whichever way it comes', async () => {
    const { dispatcher, join } = world();
    const { connection, written } = aConnection(plain, 'ann');
    join(connection);
    const entry = entryOf(messageAt(5));
    await dispatcher.deliverTo(connection, entry);
    void dispatcher.deliver(entry);
    await dispatcher.deliverTo(connection, entry);
    expect(written).toEqual(['plain']);
  });

  it('closes who cannot keep up with its own bind', () => {
    const { dispatcher, join } = world();
    const { connection } = aConnection(plain, 'ann');
    join(connection);
    connection.become('binding');
    for (let pos = 1; pos <= 1_001; pos += 1) void dispatcher.deliver(entryOf(messageAt(pos)));
    expect(connection.backlog).toHaveLength(1_000);
    expect(connection.state).toBe('closed');
  });

  it('loads the message that one answers for dialects that show it', async () => {
    const { dispatcher, join } = world(() => Promise.resolve(group));
    const seen: (string | null | undefined)[] = [];
    const needy = aDialect('needy', {
      needs: 'thread',
      render: (_, view) => {
        seen.push(view.replied?.id);
        return [];
      },
    });
    join(aConnection(needy, 'ann').connection);
    const answer = {
      ...messageAt(6),
      type: 'message.created' as const,
      message: sampleMessage({ replyTo: 'answered' }),
    };
    await dispatcher.deliver(entryOf(messageAt(5)));
    await dispatcher.deliver(entryOf(answer));
    expect(seen).toEqual([undefined, 'answered']);
  });

  it("tells a user's own event to that user alone, and to the device that is meant", async () => {
    const telling = aDialect(
      'telling',
      {},
      { 'score.changed': { render: () => [{ to: 'members', frame: frame('score') }] } },
    );
    const { dispatcher, audiences } = world();
    const phone = aConnection(telling, 'bob', 'phone');
    const desk = aConnection(telling, 'bob', 'desk');
    const other = aConnection(telling, 'ann');
    for (const { connection } of [phone, desk, other]) audiences.addUser(connection, connection.userKey ?? '');
    const [event] = sampleEvents(group)['score.changed'];
    if (event === undefined) throw new Error('no sample');
    await dispatcher.userEvent(event);
    await dispatcher.userEvent({ ...event, device: { only: 'key' } });
    await dispatcher.userEvent({ ...event, device: { except: 'key' } });
    expect([phone.written, desk.written, other.written]).toEqual([['score', 'score'], ['score', 'score'], []]);
  });

  it('puts every connection of a terminated user out after telling it', async () => {
    const telling = aDialect(
      'telling',
      {},
      { 'user.terminated': { render: () => [{ to: 'members', frame: frame('bye') }] } },
    );
    const { dispatcher, audiences, left } = world();
    const { connection, written } = aConnection(telling, 'bob', 'phone');
    const { connection: binding } = aConnection(telling, 'bob', 'binding');
    binding.become('binding');
    for (const one of [connection, binding]) audiences.addUser(one, one.userKey ?? '');
    const [event] = sampleEvents(group)['user.terminated'];
    if (event === undefined) throw new Error('no sample');
    await dispatcher.userEvent(event);
    expect([written, left]).toEqual([['bye'], ['terminated phone', 'terminated binding']]);
  });

  it('encodes once for each way that connections of a dialect are written to', () => {
    const loud = { frame: () => frame('LOUD'), ack: (_: string, args: readonly unknown[]) => args };
    const { dispatcher, join } = world();
    const both = { ...plain, encodings: new Map([['loud', loud]]) };
    const [one, other] = [aConnection(both, 'ann'), aConnection(plain, 'bob')];
    const quietOne = aConnection(both, 'carl');
    one.connection.mode = 'loud';
    for (const { connection } of [one, other, quietOne]) join(connection);
    void dispatcher.deliver(entryOf(messageAt(5)));
    expect([one.written, other.written, quietOne.written]).toEqual([['LOUD'], ['plain'], ['plain']]);
  });
});
