import { createRequire } from 'node:module';
import { setTimeout as pace } from 'node:timers/promises';
import { NativeApi, VChatClient, type ComposeStack } from '@parlance/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLIENTS, HASH_KEY, stage, type Play } from '../people.js';
import { PNG } from '../sdk/sdk-world.js';

const PROMETHEUS_WAIT_MS = 45_000;
/** As many as make it certain that a balancer without memory brings some requests elsewhere. */
const ROUNDS = 8;
const CLIENTS_OF_OLD = 6;

/** The part of socket.io-client 2 that is used here; it ships no types. */
interface OldSocket {
  readonly io: { readonly engine: { readonly transport: { readonly name: string } } };
  on(event: string, listener: (...args: readonly unknown[]) => void): void;
  emit(event: string, body: unknown): void;
  close(): void;
}

const load: (name: string) => unknown = createRequire(import.meta.url);
const connectOld = load('socket.io-client-v2') as (url: string, options?: object) => OldSocket;
const engineShape = z.looseObject({ sid: z.string(), upgrades: z.array(z.string()) });
const EVERY_APP = ['api', 'call', 'gamification', 'gateway', 'gateway', 'identity', 'message', 'presence'];
const rulesShape = z.object({
  data: z.object({ groups: z.array(z.object({ file: z.string(), rules: z.array(z.unknown()) })) }),
});
const seriesShape = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }),
});
const turnShape = z.object({ username: z.string(), credential: z.string(), uris: z.array(z.string()).min(1) });

export interface OutsidePorts {
  readonly prometheus: number;
  readonly turn: number;
}

/** What an app's people and operators find from outside; `stack` is asked when a case runs. */
export function outsideCases(stack: () => ComposeStack, ports: () => OutsidePorts): void {
  let play: Play;
  beforeEach(() => {
    play = stage(stack());
  });
  afterEach(() => play.end());

  let made = 0;
  const person = (name: string) => play.world.user(`${name}-${(made += 1)}`);
  const url = (path: string): string => new URL(path, stack().gateways[0]).toString();
  const statusOf = async (path: string): Promise<number> => (await fetch(url(path))).status;

  describe('the entrance', () => {
    it('says that it is ready, and of the inside nothing', async () => {
      expect(await statusOf('/health/ready')).toBe(200);
      for (const path of ['/metrics', '/health/live', '/health']) expect(await statusOf(path)).toBe(404);
    });

    it('serves the documents of the API and of the sockets', async () => {
      expect(await (await fetch(url('/api/openapi.json'))).json()).toMatchObject({ openapi: '3.1.0' });
      for (const dialect of Object.keys(CLIENTS))
        expect(await (await fetch(url(`/api/docs/asyncapi/${dialect}.json`))).json()).toMatchObject({
          asyncapi: '3.0.0',
        });
    });

    it('asks for a credential', async () => {
      expect(await statusOf('/api/v1/users/ann')).toBe(401);
      await expect(new NativeApi(stack().gateways[0], 'guessed').putUser('eve')).rejects.toMatchObject({ status: 401 });
    });

    it('brings a long-polling client to its gateway, whichever its requests come in at', async () => {
      const poll = async (query: string, init?: RequestInit) =>
        fetch(url(`/socket.io/?EIO=3&transport=polling${query}`), init);
      const opened = await (await poll('')).text();
      const { sid } = engineShape.parse(JSON.parse(opened.slice(opened.indexOf('{'), opened.indexOf('}') + 1)));
      for (let round = 0; round < ROUNDS; round += 1) {
        const [heard, said] = await Promise.all([
          poll(`&sid=${sid}`),
          poll(`&sid=${sid}`, { method: 'POST', body: '1:2' }),
        ]);
        expect([heard.status, said.status, await said.text()]).toEqual([200, 200, 'ok']);
        await heard.text();
      }
    });

    it.each([
      ['as it comes', undefined, 'websocket'],
      ['with polling alone', { transports: ['polling'] }, 'polling'],
    ])('takes socket.io-client 2.5 %s', async (_, options, transport) => {
      const users = await Promise.all(Array.from({ length: CLIENTS_OF_OLD }, () => person('old')));
      const sockets = await Promise.all(
        users.map(async (user) => ({ user, socket: await oldSocket(user.number, options) })),
      );
      await expect
        .poll(() => sockets.map(({ socket }) => socket.io.engine.transport.name))
        .toEqual(users.map(() => transport));
      for (const { socket, user } of sockets) expect(await answered(socket, user.number)).toMatchObject({ rooms: [] });
      for (const { socket } of sockets) socket.close();
    });

    async function oldSocket(number: number, options?: object): Promise<OldSocket> {
      const socket = connectOld(stack().gateways[0], { forceNew: true, ...options });
      await new Promise((resolve) => socket.on('connect', resolve));
      const known = new Promise((resolve) => socket.on('logs response', resolve));
      socket.emit('status', { user_id: number, online: true });
      await known;
      return socket;
    }

    async function answered(socket: OldSocket, number: number): Promise<unknown> {
      const answer = new Promise((resolve) => socket.on('user response', resolve));
      socket.emit('user list', { user_id: number });
      return answer;
    }
  });

  describe('each service', () => {
    it('identity knows people, and issues tokens that are good', async () => {
      const ann = await person('ann');
      const own = play.api.as(await play.api.token(ann.id));
      expect(await own.getUser(ann.id)).toMatchObject({ id: ann.id, number: ann.number });
    });

    it('message keeps what is said, once', async () => {
      const [ann, bob] = [await person('ann'), await person('bob')];
      const room = await play.world.room([ann, bob]);
      const message = { senderId: ann.id, clientMessageId: 'same', text: 'hello' };
      const [first, again] = [await play.api.send(room.id, message), await play.api.send(room.id, message)];
      expect(again.id).toBe(first.id);
      expect(await play.api.messages(room.id)).toMatchObject([{ id: first.id, text: 'hello', seq: 1 }]);
    });

    it('presence tells who is there, and who has gone', async () => {
      const ann = await person('ann');
      const online = async () => play.api.other('GET', ['presence'], undefined, { userIds: ann.id });
      const client = await play.reels(ann, 0);
      await expect.poll(online).toMatchObject({ users: [{ id: ann.id, online: true }] });
      await client.disconnect();
      await expect.poll(online, { timeout: 10_000 }).toMatchObject({ users: [{ id: ann.id, online: false }] });
    });

    it('call rings, connects and ends', async () => {
      const [ann, bob] = [await person('ann'), await person('bob')];
      const room = await play.world.room([ann, bob]);
      const setup = (user: typeof ann) => ({
        ...{ name: `${user.id}-phone`, user, url: stack().gateways[0], history: play.history, hashKey: HASH_KEY },
        deviceId: `${user.id}-phone`,
      });
      const [anns, bobs] = [new VChatClient(setup(ann)), new VChatClient(setup(bob))];
      await Promise.all([anns.connect(), bobs.connect()]);
      const rung = bobs.nextEvent(({ raw }) => raw.name === 'v1OnNewCall');
      const accepted = anns.nextEvent(({ raw }) => raw.name === 'v1OnCallAccepted');
      const ended = bobs.nextEvent(({ raw }) => raw.name === 'v1OnCallEnded');
      const call = { payload: null, withVideo: false };
      const { meetId } = z
        .object({ meetId: z.string() })
        .parse(await anns.call('POST', `call/create/${room.id}`, call));
      await rung;
      await bobs.call('POST', `call/accept/${meetId}`, { payload: null });
      await accepted;
      await anns.call('POST', `call/end/v2/${meetId}`);
      await ended;
      await Promise.all([anns.disconnect(), bobs.disconnect()]);
    });

    it('gamification counts facts, and tells the client', async () => {
      const ann = await person('ann');
      const client = await play.reels(ann, 0);
      const told = client.nextEvent(({ raw }) => raw.name === 'score-updated');
      const facts = [{ factId: 'seen', type: 'reel-seen', ref: 'reel' }];
      expect(await play.api.other('POST', ['users', ann.id, 'facts'], { facts })).toMatchObject({ counted: 1 });
      expect((await told).raw.args[0]).toMatchObject({ reelsSeen: 1 });
    });

    it('gamification grants a reward once to each', async () => {
      const [ann, now] = [await person('ann'), Date.now()];
      const [startsAt, expiresAt] = [new Date(now - 60_000).toISOString(), new Date(now + 3_600_000).toISOString()];
      await play.api.other('POST', ['rewards'], { id: 'compose', stock: 1, startsAt, expiresAt });
      const take = async (idempotencyKey: string) =>
        play.api.other('POST', ['rewards', 'compose', 'consume'], { userId: ann.id, idempotencyKey });
      const granted = await take('k');
      expect(granted).toMatchObject({ outcome: 'consumed', remaining: 0 });
      expect(await take('k')).toEqual(granted);
      expect(await take('another')).toMatchObject({ outcome: 'already_consumed' });
    });

    it('api takes a file, and a gateway gives it to whoever has its address', async () => {
      const ann = await person('ann');
      const room = await play.world.room([ann, await person('bob')]);
      const form = new FormData();
      form.set('by', ann.id);
      form.set('file', new Blob([PNG], { type: 'image/png' }), 'cat.png');
      const headers = { authorization: 'Bearer demo-secret-key' };
      const stored = await fetch(url(`/api/v1/rooms/${room.id}/files`), { method: 'POST', headers, body: form });
      expect(stored.status).toBe(201);
      const { url: address } = z.object({ url: z.string() }).parse(await stored.json());
      for (let round = 0; round < 2; round += 1)
        expect(Buffer.from(await (await fetch(url(address))).arrayBuffer()).equals(PNG)).toBe(true);
      expect(await statusOf(address.replace('/f/', '/f/x'))).toBe(404);
    });
  });

  describe('the profile metrics', () => {
    const prometheus = async (path: string): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${ports().prometheus}/api/v1/${path}`)).json();

    it('has Prometheus read all apps, each under its name', async () => {
      const until = Date.now() + PROMETHEUS_WAIT_MS;
      const services = async (): Promise<readonly string[]> => {
        const query = encodeURIComponent('process_cpu_seconds_total{job="parlance"}');
        const { data } = seriesShape.parse(await prometheus(`query?query=${query}`));
        return data.result.map(({ metric }) => metric['service'] ?? '').sort();
      };
      while ((await services()).length < EVERY_APP.length && Date.now() < until) await pace(500);
      expect(await services()).toEqual(EVERY_APP);
    });

    it('judges them by the alert rules of the repository', async () => {
      const { groups } = rulesShape.parse(await prometheus('rules')).data;
      expect(groups.flatMap(({ rules }) => rules).length).toBeGreaterThan(0);
      for (const { file } of groups) expect(file).toBe('/etc/prometheus/rules/alerts.yml');
    });
  });

  describe('the profile turn', () => {
    /** What coturn's own client gets when it asks for a relay address. */
    async function allocation({ username, credential }: { username: string; credential: string }): Promise<string> {
      const flags = ['-v', '-c', '-y', '-n', '1', '-m', '1', '-p', String(ports().turn)];
      const who = ['-u', username, '-w', credential, '127.0.0.1'];
      const { stdout } = await stack().exec('coturn', 'timeout', '5', 'turnutils_uclient', ...flags, ...who);
      return /Received (relay addr: 127\.0\.0\.1):/.exec(stdout)?.[1] ?? 'nothing';
    }

    it('relays for those to whom the api gives a credential, and for nobody else', async () => {
      const ann = await person('ann');
      const given = turnShape.parse(await play.api.other('GET', ['turn'], undefined, { userId: ann.id }));
      expect(given.uris).toEqual([`turn:127.0.0.1:${ports().turn}`]);
      expect(await allocation(given)).toBe('relay addr: 127.0.0.1');
      expect(await allocation({ ...given, credential: 'guessed' })).toBe('nothing');
    });
  });
}
