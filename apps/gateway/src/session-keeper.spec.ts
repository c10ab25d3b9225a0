import type { Bus } from '@parlance/bus';
import { bindSession, saveSessions } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import { aConnection, aDialect, busPair, quiet, TENANT } from './parts.fixture.js';
import { SessionKeeper } from './session-keeper.js';

const AS_OF = '2026-01-02T03:04:05.678Z';

let edge: Bus;
let service: Bus;
let away: boolean;
let whole: boolean;
let saved: { sessionId: string; state: string; asOf: string; cursors: readonly unknown[] }[];
let keeper: SessionKeeper;

beforeEach(async () => {
  ({ edge, service } = busPair());
  [away, whole, saved] = [false, true, []];
  await service.serve(saveSessions, async ({ sessions }) => {
    if (away) throw new ParlanceError('unavailable', 'away');
    saved.push(...sessions);
    return { asOf: AS_OF };
  });
  keeper = new SessionKeeper(edge, 'pod', () => whole, 10_000, quiet);
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

function bound(userId: string): Connection {
  const { connection } = aConnection(aDialect('plain'), userId);
  connection.begin([], [], '2026-01-02T03:00:00.000Z');
  connection.complete = true;
  return connection;
}

describe('SessionKeeper', () => {
  it('loses neither a checkpoint nor a leave because the store was away', async () => {
    const [open, gone] = [bound('ann'), bound('bob')];
    open.cursor.sent('room', 5);
    keeper.touch(open);
    away = true;
    await Promise.all([keeper.leave(gone, 'closed'), keeper.flush(true).catch(() => undefined)]);
    expect(saved).toEqual([]);
    away = false;
    await keeper.flush(true);
    expect(saved.map(({ sessionId, state }) => [sessionId, state]).sort()).toEqual([
      ['of ann', 'open'],
      ['of bob', 'closed'],
    ]);
  });

  it('says so when what may not wait could not be saved, and saves it with the next beat', async () => {
    const shows = bound('ann');
    shows.open.add('room');
    away = true;
    await expect(keeper.saveNow(shows)).rejects.toMatchObject({ code: 'unavailable' });
    away = false;
    await keeper.flush(true);
    expect(saved).toMatchObject([{ sessionId: 'of ann', openRooms: ['room'] }]);
    await expect(keeper.saveNow(shows)).resolves.toBeUndefined();
  });

  it('saves those that broke together, and takes them along with one that was left on purpose, which does not wait', async () => {
    await keeper.leave(bound('ann'), 'closed');
    const broken = keeper.leave(bound('bob'), 'closed');
    const left = keeper.leave(bound('cleo'), 'ended');
    expect(broken).toBe(left);
    await left;
    expect(saved.map(({ sessionId, state }) => [sessionId, state])).toEqual([
      ['of ann', 'closed'],
      ['of bob', 'closed'],
      ['of cleo', 'ended'],
    ]);
    await keeper.leave(bound('dan'), 'closed');
    expect(saved.at(-1)).toMatchObject({ sessionId: 'of dan', state: 'closed' });
  });

  it('lets a session follow the gateway only while the gateway is whole and nothing waits to be replayed', async () => {
    await keeper.flush(true);
    const [live, replaying] = [bound('ann'), bound('bob')];
    replaying.complete = false;
    await Promise.all([keeper.leave(live, 'closed'), keeper.leave(replaying, 'closed')]);
    expect(saved.map(({ asOf }) => asOf)).toEqual(['2026-01-02T03:03:55.678Z', '2026-01-02T03:00:00.000Z']);
    whole = false;
    const blind = new SessionKeeper(edge, 'pod', () => whole, 10_000, quiet);
    await blind.flush(true);
    expect(blind.wholeAtMs).toBeNull();
  });

  it('closes a session of which nobody knows whether it was opened, as the store has it', async () => {
    const request = {
      tenantId: TENANT,
      userId: 'ann',
      dialect: 'plain',
      sessionId: 'of a lost answer',
      podId: 'pod',
      ticket: null,
      resume: { sessionId: 'before' },
    };
    await service.serve(bindSession, async () => ({
      asOf: AS_OF,
      groups: [],
      recent: [{ roomId: 'recent', head: 9 }],
      resumed: {
        sessionId: 'before',
        openRooms: ['shown'],
        owed: [7, 3].map((afterPos) => ({ roomId: 'owed', afterPos, toPos: null })),
      },
    }));
    keeper.settle(request);
    await keeper.flush();
    expect(saved).toMatchObject([
      {
        sessionId: 'of a lost answer',
        state: 'closed',
        asOf: '2026-01-02T03:03:55.678Z',
        openRooms: ['shown'],
        cursors: [
          { roomId: 'owed', pos: 3 },
          { roomId: 'recent', pos: 9 },
        ],
      },
    ]);
  });

  it('tells when what ended here is stored, and that it is not while the store is away', async () => {
    await expect(keeper.settled(TENANT, 'ann')).resolves.toBeUndefined();
    away = true;
    await keeper.leave(bound('ann'), 'closed');
    await expect(keeper.settled(TENANT, 'ann')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(keeper.settled(TENANT, 'bob')).resolves.toBeUndefined();
    away = false;
    await keeper.settled(TENANT, 'ann');
    expect(saved).toMatchObject([{ sessionId: 'of ann', state: 'closed' }]);
  });

  it('waits for a save under way, and for a session of which nobody knows whether it was opened', async () => {
    void keeper.leave(bound('ann'), 'closed');
    void keeper.flush();
    await keeper.settled(TENANT, 'ann');
    expect(saved).toHaveLength(1);
    const rest = { dialect: 'plain', podId: 'pod', ticket: null, resume: null };
    await service.serve(bindSession, async () => ({ asOf: AS_OF, groups: [], recent: [], resumed: null }));
    keeper.settle({ tenantId: TENANT, userId: 'bob', sessionId: 'of a lost answer', ...rest });
    await keeper.settled(TENANT, 'bob');
    expect(saved).toMatchObject([{}, { sessionId: 'of a lost answer', state: 'closed' }]);
  });

  it('gives up in the end, and says so, when the store stays away', async () => {
    away = true;
    void keeper.leave(bound('ann'), 'closed');
    await expect(keeper.finish()).resolves.toBeUndefined();
  });
});
