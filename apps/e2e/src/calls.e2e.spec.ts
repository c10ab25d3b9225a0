// needs: redis-server, nats-server
// takes: 52 s
import {
  ClassicClient,
  startStack,
  STACK_MODES,
  VChatClient,
  VChatRefused,
  type ChatClient,
  type ChatEvent,
  type ChatUser,
  type Stack,
} from '@parlance/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HASH_KEY, stage, type Play } from './people.js';
import { LIMITS } from './settings.js';

const RING_MS = 6_000;
/** After the deadline, or after the fault has healed. */
const TOLD_MS = 5_000;
const CANDIDATE = { candidate: 'candidate:1 1 UDP 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };
const ENV = {
  ...LIMITS,
  PARLANCE_CALL_RING_TIMEOUT: `${RING_MS / 1_000}s`,
  PARLANCE_LIMIT_CALLS_PER_MINUTE: '1000',
};

const meetSchema = z.strictObject({ meetId: z.string() });
const recordSchema = z.object({ mT: z.string(), msgAtt: z.object({ callStatus: z.string() }).loose().nullable() });
const wordSchema = z.object({ type: z.string(), status: z.boolean().optional(), room_id: z.string().optional() });

describe.each(STACK_MODES)('calls in %s mode', (mode) => {
  let stack: Stack;
  let play: Play;
  const cast: ChatClient[] = [];

  beforeAll(async () => {
    stack = await startStack(mode, { env: ENV });
    play = stage(stack);
  });
  afterEach(async () => {
    await Promise.allSettled(cast.splice(0).map((client) => client.disconnect()));
    expect(play.history.events.filter(({ type }) => type === 'malformed')).toEqual([]);
  });
  afterAll(async () => {
    expect(await stack.stop()).toBe(0);
  });

  let people = 0;
  const person = (): Promise<ChatUser> => play.world.user(`caller-${(people += 1)}`);

  async function vchat(user: ChatUser, device = 'phone', gateway = 0): Promise<VChatClient> {
    const name = `${user.id}-${device}`;
    const setup = { name, user, url: play.gateway(gateway), history: play.history, timeoutMs: 45_000 };
    const client = new VChatClient({ ...setup, hashKey: HASH_KEY, deviceId: name });
    cast.push(client);
    await client.connect();
    return client;
  }

  async function classic(user: ChatUser, gateway = 1): Promise<ClassicClient> {
    const setup = { name: `${user.id}-classic`, user, url: play.gateway(gateway), history: play.history };
    const client = new ClassicClient({ ...setup, timeoutMs: 45_000 });
    cast.push(client);
    await client.connect();
    await client.identify();
    return client;
  }

  /** Heard already, or to be heard. */
  async function hears(
    client: ChatClient,
    event: string,
    matches: (content: unknown) => boolean = () => true,
  ): Promise<unknown> {
    const contentOf = ({ name, args }: ChatEvent['raw']): unknown =>
      name === event
        ? typeof args[0] === 'string' && name.startsWith('v1')
          ? JSON.parse(args[0])
          : args[0]
        : undefined;
    const isIt = (frame: ChatEvent['raw']): boolean => {
      const content = frame.direction === 'in' ? contentOf(frame) : undefined;
      return content !== undefined && matches(content);
    };
    const known = client.rawLog.find(isIt);
    const raw = known ?? (await client.nextEvent((one) => isIt(one.raw))).raw;
    return contentOf(raw);
  }

  const count = (client: ChatClient, event: string): number =>
    client.rawLog.filter(({ direction, name }) => direction === 'in' && name === event).length;

  async function roomOf(client: VChatClient, peer: ChatUser): Promise<string> {
    return z.object({ rId: z.string() }).parse(await client.call('POST', `channel/peer-room/${peer.id}`)).rId;
  }

  async function ring(client: VChatClient, room: string, payload: unknown = null): Promise<string> {
    return meetSchema.parse(await client.call('POST', `call/create/${room}`, { payload, withVideo: true })).meetId;
  }

  /** What the room's log says of its calls. */
  async function records(client: VChatClient, room: string): Promise<readonly string[]> {
    const { docs } = z
      .object({ docs: z.array(recordSchema) })
      .parse(await client.call('GET', `channel/${room}/message`));
    return docs.flatMap(({ mT, msgAtt }) => (mT === 'call' && msgAtt !== null ? [msgAtt.callStatus] : []));
  }

  const answerIs = (status: boolean) => (content: unknown) => {
    const word = wordSchema.safeParse(content);
    return word.success && word.data.type === 'answer' && word.data.status === status;
  };
  const isRequest = (content: unknown): boolean => wordSchema.safeParse(content).data?.type === 'request';

  /** Kills the call service, every replica of it, and waits until all is well again. */
  async function strikeCalls(): Promise<void> {
    for (const victim of mode === 'standalone' ? ['process'] : ['call-0', 'call-1']) await stack.strike(victim);
  }

  it('reach a classic user from V Chat, with candidates both ways, until that one hangs up', async () => {
    const [ann, bob] = [await person(), await person()];
    const [annsPhone, bobs] = [await vchat(ann), await classic(bob)];
    const room = await roomOf(annsPhone, bob);
    const meetId = await ring(annsPhone, room, { sdp: 'offer' });
    const offer = wordSchema.parse(await hears(bobs, 'call response', isRequest));
    bobs.emit('call answer', { from_user: ann.number, to_user: bob.number, room_title: offer.room_id, answered: true });
    expect(await hears(annsPhone, 'v1OnCallAccepted')).toEqual({ roomId: room, meetId, peerAnswer: null });
    annsPhone.emit('v1IceCandidate', { data: CANDIDATE, meetId });
    expect(await hears(bobs, 'call broadcast')).toEqual(CANDIDATE);
    bobs.emit('call response', CANDIDATE);
    expect(await hears(annsPhone, 'v1OnIceCandidate')).toEqual({ data: CANDIDATE, meetId });
    bobs.emit('call answer', {
      from_user: ann.number,
      to_user: bob.number,
      room_title: offer.room_id,
      answered: false,
    });
    expect(await hears(annsPhone, 'v1OnCallEnded')).toEqual({ roomId: room, meetId });
    await expect.poll(() => records(annsPhone, room)).toEqual(['finished']);
    expect(await annsPhone.call('GET', 'call/active')).toBeNull();
    expect(await annsPhone.call('GET', 'call/history')).toMatchObject([{ _id: meetId, callStatus: 'finished' }]);
  });

  it('reach a V Chat user from classic, who rejects on one of two devices', async () => {
    const [ann, bob] = [await person(), await person()];
    const anns = await classic(ann, 0);
    const [phone, tablet] = [await vchat(bob, 'phone', 0), await vchat(bob, 'tablet', 1)];
    anns.emit('call', { from_user: ann.number, to_user: bob.number, type: 'Video' });
    await hears(anns, 'call response', isRequest);
    const offer = z
      .object({ meetId: z.string() })
      .loose()
      .parse(await hears(phone, 'v1OnNewCall'));
    await hears(tablet, 'v1OnNewCall');
    await phone.call('POST', `call/reject/${offer.meetId}`);
    await hears(anns, 'call response', answerIs(false));
    await hears(tablet, 'v1OnCallCanceled');
    expect(count(phone, 'v1OnCallCanceled')).toBe(0);
  });

  it('are answered by the first device, and the others stop ringing', async () => {
    const [ann, bob] = [await person(), await person()];
    const anns = await vchat(ann, 'phone', 0);
    const [phone, tablet] = [await vchat(bob, 'phone', 0), await vchat(bob, 'tablet', 1)];
    const room = await roomOf(anns, bob);
    const meetId = await ring(anns, room);
    await Promise.all([hears(phone, 'v1OnNewCall'), hears(tablet, 'v1OnNewCall')]);
    await tablet.call('POST', `call/accept/${meetId}`, { payload: 'yes' });
    await expect(phone.call('POST', `call/accept/${meetId}`, { payload: null })).rejects.toMatchObject({ status: 400 });
    expect(await hears(anns, 'v1OnCallAccepted')).toEqual({ roomId: room, meetId, peerAnswer: 'yes' });
    await hears(phone, 'v1OnCallCanceled');
    anns.emit('v1IceCandidate', { data: CANDIDATE, meetId });
    await hears(tablet, 'v1OnIceCandidate');
    expect(count(phone, 'v1OnIceCandidate')).toBe(0);
    expect(count(tablet, 'v1OnCallCanceled')).toBe(0);
    await anns.call('POST', `call/end/v2/${meetId}`);
    await hears(tablet, 'v1OnCallEnded');
  });

  it('refuse what is nobody else’s business, floods and what is too large, and nothing changes by it', async () => {
    const [ann, bob, eve] = [await person(), await person(), await person()];
    const [anns, bobs, eves] = [await vchat(ann), await vchat(bob), await vchat(eve)];
    const room = await roomOf(anns, bob);
    const meetId = await ring(anns, room);
    const refused = (work: Promise<unknown>): Promise<number> =>
      work.then(
        () => 200,
        (error: unknown) => (error instanceof VChatRefused ? error.status : 0),
      );
    expect(await refused(eves.call('POST', `call/accept/${meetId}`, { payload: null }))).toBe(404);
    expect(await refused(eves.call('POST', `call/end/v2/${meetId}`))).toBe(404);
    expect(await refused(eves.call('POST', `call/create/${room}`, { payload: null, withVideo: false }))).toBe(404);
    expect(await refused(anns.call('POST', `call/create/${room}`, { payload: null, withVideo: false }))).toBe(400);
    eves.emit('v1IceCandidate', { data: CANDIDATE, meetId });
    await hears(eves, 'v1OnException');
    anns.emit('v1IceCandidate', { data: { ...CANDIDATE, candidate: 'x'.repeat(5 * 1_024) }, meetId });
    await hears(anns, 'v1OnException');
    expect(await anns.call('GET', 'call/active')).toMatchObject({ meetId, callStatus: 'ring' });
    await bobs.call('POST', `call/accept/${meetId}`, { payload: null });
    for (let sent = 0; sent < 70; sent += 1) anns.emit('v1IceCandidate', { data: CANDIDATE, meetId });
    await hears(anns, 'v1OnException', (content) => JSON.stringify(content).includes('Too many'));
    expect(await anns.call('GET', 'call/active')).toMatchObject({ meetId, callStatus: 'inCall' });
    await bobs.call('POST', `call/end/v2/${meetId}`);
    await hears(anns, 'v1OnCallEnded');
    expect(await refused(bobs.call('POST', `call/accept/${meetId}`, { payload: null }))).toBe(400);
  });

  /** What is promised within a time must not take longer; the clients' own patience bounds the wait. */
  const within = async (work: Promise<unknown>, ms: number): Promise<void> => {
    const begun = Date.now();
    await work;
    expect(Date.now() - begun).toBeLessThan(ms);
  };

  it('end once, and both are told, when the call service is killed while they ring, at the deadline and while they are accepted', async () => {
    const meeting = async () => {
      const [ann, bob] = [await person(), await person()];
      const [anns, bobs] = [await vchat(ann, 'phone', 0), await vchat(bob, 'phone', 1)];
      return { anns, bobs, room: await roomOf(anns, bob) };
    };
    const [due, rung, taken] = [await meeting(), await meeting(), await meeting()];
    const begin = async ({ anns, bobs, room }: Awaited<ReturnType<typeof meeting>>): Promise<string> => {
      const meetId = await ring(anns, room);
      await hears(bobs, 'v1OnNewCall');
      return meetId;
    };
    await begin(due);
    await new Promise((resolve) => setTimeout(resolve, RING_MS - 2_000));
    await begin(rung);
    const meetId = await begin(taken);
    await taken.bobs.call('POST', `call/accept/${meetId}`, { payload: null });
    await strikeCalls();
    const everybody = [due, rung, taken].flatMap((one) => [one.anns, one.bobs]);
    await Promise.all(everybody.map((client) => client.whenConnected()));
    const waiting = [due, rung].flatMap((one) => [one.anns, one.bobs]);
    const told = Promise.all(waiting.map((client) => hears(client, 'v1OnCallTimeout')));
    await within(told, RING_MS + TOLD_MS);
    for (const { anns, room } of [due, rung]) {
      await expect.poll(() => records(anns, room)).toEqual(['timeout']);
      expect(await anns.call('GET', 'call/active')).toBeNull();
    }
    const { anns, bobs, room } = taken;
    await hears(anns, 'v1OnCallAccepted');
    expect(await anns.call('GET', 'call/active')).toMatchObject({ meetId, callStatus: 'inCall' });
    await bobs.call('POST', `call/end/v2/${meetId}`);
    await within(Promise.all([hears(anns, 'v1OnCallEnded'), hears(bobs, 'v1OnCallEnded')]), TOLD_MS);
    await expect.poll(() => records(anns, room)).toEqual(['finished']);
  });
});
