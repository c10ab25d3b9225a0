import { describe, expect, it } from 'vitest';
import { caller, column, field, idOf, refusal, unique } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const { server, client, room, world } = sharedApi();

/** Two users with a direct room. */
async function pair() {
  const [ann, bob] = [await client('ann'), await client('bob')];
  const direct = await server('POST', '/rooms', { kind: 'direct', memberIds: [ann.id, bob.id] });
  return { ann, bob, calls: `/rooms/${idOf(direct)}/calls`, roomId: idOf(direct) };
}

describe('calls', () => {
  it('ring, are taken and end, in the documented shape', async () => {
    const { ann, bob, calls, roomId } = await pair();
    const made = await ann.ask('POST', calls, { withVideo: true, payload: { sdp: 'x' } });
    const id = idOf(made);
    const call = { id, roomId, state: 'ringing', reason: null, callerId: ann.id, calleeId: bob.id, withVideo: true };
    expect([made.status, made.body]).toEqual([201, { ...call, startedAt: expect.any(String), endedAt: null }]);
    expect(await bob.ask('POST', `/calls/${id}/accept`)).toMatchObject({ status: 200, body: { state: 'accepted' } });
    expect(await bob.ask('POST', `/calls/${id}/accept`, {})).toMatchObject({ status: 200 });
    const ended = await ann.ask('POST', `/calls/${id}/end`);
    expect(ended.body).toMatchObject({ state: 'ended', reason: 'completed', endedAt: expect.any(String) });
    expect((await bob.ask('GET', `/calls/${id}`)).body).toEqual(ended.body);
    await expect
      .poll(async () => column(await ann.ask('GET', `/rooms/${roomId}/messages`), 'messages', 'type'))
      .toEqual(['call']);
  });

  it('are rejected by the one side and taken back by the other', async () => {
    const { ann, bob, calls } = await pair();
    const first = idOf(await ann.ask('POST', calls, {}));
    expect(await ann.ask('POST', `/calls/${first}/reject`)).toMatchObject(refusal('permission-denied', 403));
    expect((await bob.ask('POST', `/calls/${first}/reject`)).body).toMatchObject({ reason: 'rejected' });
    const second = idOf(await ann.ask('POST', calls, {}));
    expect(await bob.ask('POST', `/calls/${second}/cancel`)).toMatchObject(refusal('permission-denied', 403));
    expect((await ann.ask('POST', `/calls/${second}/cancel`)).body).toMatchObject({ reason: 'canceled' });
    expect(await bob.ask('POST', `/calls/${second}/accept`)).toMatchObject(refusal('conflict', 409));
    expect(column(await bob.ask('GET', `/users/${bob.id}/calls`), 'calls', 'reason')).toEqual(['canceled', 'rejected']);
    const page = await bob.ask('GET', `/users/${bob.id}/calls?limit=1`);
    const next = String(field(page, 'nextCursor'));
    expect(column(page, 'calls', 'id')).toEqual([second]);
    expect(column(await bob.ask('GET', `/users/${bob.id}/calls?limit=1&cursor=${next}`), 'calls', 'id')).toEqual([
      first,
    ]);
  });

  it('to somebody in another call come back busy', async () => {
    const { ann, bob, calls } = await pair();
    const other = await pair();
    await other.ann.ask('POST', other.calls, {});
    const busy = await server('POST', '/rooms', { kind: 'direct', memberIds: [ann.id, other.bob.id] });
    expect(await ann.ask('POST', `/rooms/${idOf(busy)}/calls`, {})).toMatchObject({
      status: 201,
      body: { state: 'ended', reason: 'busy' },
    });
    expect((await ann.ask('POST', calls, {})).body).toMatchObject({ state: 'ringing', calleeId: bob.id });
    expect(await ann.ask('POST', calls, {})).toMatchObject(refusal('conflict', 409));
  });

  it('are acted in by the server for a user it names, and ended by it for all', async () => {
    const { ann, bob, calls } = await pair();
    expect(await server('POST', calls, {})).toMatchObject(refusal('invalid', 400));
    const id = idOf(await server('POST', calls, { by: ann.id }));
    expect(await server('POST', `/calls/${id}/accept`, { by: bob.id })).toMatchObject({ body: { state: 'accepted' } });
    expect((await server('POST', `/calls/${id}/end`)).body).toMatchObject({ reason: 'server' });
  });

  it('of a group are joined late and show who takes part', async () => {
    const [ann, bob, cleo] = [await client('ann'), await client('bob'), await client('cleo')];
    const id = idOf(await ann.ask('POST', `/rooms/${await room(ann.id, bob.id, cleo.id)}/calls`, {}));
    await bob.ask('POST', `/calls/${id}/accept`);
    await cleo.ask('POST', `/calls/${id}/accept`);
    await bob.ask('POST', `/calls/${id}/end`);
    const states = await ann.ask('GET', `/calls/${id}/participants`);
    expect(column(states, 'participants', 'state').sort()).toEqual(['joined', 'joined', 'left']);
    expect((await ann.ask('POST', `/calls/${id}/end`)).body).toMatchObject({ reason: 'completed', calleeId: null });
  });

  it('of others are as unknown as those that do not exist', async () => {
    const { ann, calls } = await pair();
    const eve = await client('eve');
    const id = idOf(await ann.ask('POST', calls, {}));
    for (const path of [`/calls/${id}`, `/calls/${id}/participants`, '/calls/no-such-call']) {
      expect(await eve.ask('GET', path)).toMatchObject(refusal('not-found', 404));
    }
    for (const word of ['accept', 'reject', 'end']) {
      expect(await eve.ask('POST', `/calls/${id}/${word}`)).toMatchObject(refusal('not-found', 404));
    }
    expect(await eve.ask('POST', calls, {})).toMatchObject(refusal('not-found', 404));
    expect(await eve.ask('POST', `/calls/${id}/accept`, { by: ann.id })).toMatchObject(
      refusal('permission-denied', 403),
    );
    expect((await ann.ask('GET', `/calls/${id}`)).body).toMatchObject({ state: 'ringing' });
  });

  it('ring as long as their tenant says', async () => {
    const ring = { hosts: [`${unique('ring')}.example`], name: 'Ring', options: { callRingSeconds: 5 } };
    const operator = caller(world().url, 'demo-operator-key');
    expect(await operator('POST', '/tenants', ring)).toMatchObject(refusal('invalid', 400));
    const fitting = { ...ring, options: { callRingSeconds: 20 } };
    expect(await operator('POST', '/tenants', fitting)).toMatchObject({ body: { options: { callRingSeconds: 20 } } });
  });
});
