import { noteCallSockets } from '@parlance/contracts';
import { sampleCall, sampleEvents, sampleRoomView } from '@parlance/dialect-kit/conformance';
import { ParlanceError, userEventSchema } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { CallSockets } from './call-sockets.js';
import type { Connection } from './connection.js';
import { aConnection, aDialect, busPair, quiet } from './parts.fixture.js';

type Note = z.output<typeof noteCallSockets.input>;

let pair: ReturnType<typeof busPair>;
let notes: Note[];
/** Users in a call. */
let involved: Set<string>;
let isAway: boolean;
let sockets: CallSockets;
let waiters: (() => void)[];

beforeEach(async () => {
  pair = busPair();
  [notes, involved, isAway, waiters] = [[], new Set(), false, []];
  await pair.service.serve(noteCallSockets, async (note) => {
    for (const wake of waiters.splice(0)) wake();
    if (isAway) throw new ParlanceError('unavailable', 'Away.');
    notes.push(note);
    return { known: note.here.filter(({ userId }) => involved.has(userId)).map(({ connectionId }) => connectionId) };
  });
  sockets = new CallSockets(pair.edge, 'pod', quiet);
});
afterEach(async () => {
  await sockets.finish();
  await Promise.all([pair.edge.drain(), pair.service.drain()]);
});

function connection(userId: string, sessionId: string): Connection {
  return aConnection(aDialect('spec'), userId, sessionId).connection;
}

async function noted(count: number): Promise<void> {
  while (notes.length < count) await new Promise<void>((resolve) => waiters.push(resolve));
}

const samples = sampleEvents(sampleRoomView());
const offered = userEventSchema.parse({ ...samples['call.offered'][0], userId: 'ann', device: null });
const ended = userEventSchema.parse({ ...samples['call.ended'][0], userId: 'ann', elsewhere: false, device: null });

describe('a gateway tells the call service', () => {
  it('of every connection that comes, those of a moment together, and of the end of those alone that matter', async () => {
    involved.add('ann');
    const [ann, bob] = [connection('ann', 's1'), connection('bob', 's2')];
    sockets.arrived(ann);
    sockets.arrived(bob);
    await noted(1);
    await sockets.finish();
    expect(notes[0]?.here.map(({ userId, device, fresh }) => [userId, device, fresh])).toEqual([
      ['ann', 'connection:s1', true],
      ['bob', 'connection:s2', true],
    ]);
    sockets.gone(bob);
    sockets.gone(ann);
    await noted(2);
    expect(notes[1]?.left.map(({ connectionId }) => connectionId)).toEqual(['s1']);
  });

  it('of the connections that a call is told to, and who heard of its end', async () => {
    const ann = connection('ann', 's1');
    sockets.told(offered, [ann]);
    await noted(1);
    expect(notes[0]?.here).toMatchObject([{ userId: 'ann', connectionId: 's1', fresh: false }]);
    sockets.told({ ...ended, device: { except: 'connection:s1' } }, [ann]);
    sockets.told(ended, []);
    sockets.told(ended, [ann]);
    await noted(2);
    expect(notes[1]).toMatchObject({ here: [], told: [{ userId: 'ann', callId: sampleCall().id }] });
  });

  it('that it lives, while it knows of somebody in a call', async () => {
    sockets.beat();
    involved.add('ann');
    sockets.told(offered, [connection('ann', 's1')]);
    await noted(1);
    await sockets.finish();
    sockets.beat();
    await noted(2);
    expect(notes[1]).toEqual({ podId: 'pod', here: [], left: [], told: [] });
  });

  it('what it could not tell, with the next beat', async () => {
    isAway = true;
    sockets.told(ended, [connection('ann', 's0')]);
    sockets.arrived(connection('ann', 's1'));
    await sockets.finish();
    expect(notes).toEqual([]);
    isAway = false;
    sockets.beat();
    await noted(1);
    expect([notes[0]?.here.length, notes[0]?.told.length]).toEqual([1, 1]);
  });

  it('of one that went while it was told of', async () => {
    involved.add('ann');
    const ann = connection('ann', 's1');
    sockets.told(offered, [ann]);
    await new Promise<void>((resolve) => waiters.push(resolve));
    sockets.gone(ann);
    await noted(2);
    expect(notes[1]?.left).toMatchObject([{ connectionId: 's1' }]);
    sockets.beat();
    await sockets.finish();
    expect(notes).toHaveLength(2);
  });
});
