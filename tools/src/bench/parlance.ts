import { setTimeout as delay } from 'node:timers/promises';
import { NativeApi, NativeApiError, startCluster, type ClusterStack } from '@parlance/testing';
import { boundedMap } from './bounded-map.js';
import type { ChatSystem, Pair } from './chat-system.js';

const API_KEY = 'demo-public-key';
const SECRET_KEY = 'demo-secret-key';
const REQUESTS_AT_ONCE = 50;
const ATTEMPTS = 5;
const AGAIN_MS = 500;
const MUCH = '1000000';

/** Production's own settings, but for the rates: a pair sends as fast as it is answered. Every limit stays on and is paid for. */
const SETTINGS = {
  PARLANCE_ENV: 'production',
  PARLANCE_DEMO: 'true',
  LOG_LEVEL: 'warn',
  PARLANCE_LIMIT_MESSAGES_PER_SECOND: MUCH,
  PARLANCE_LIMIT_MESSAGES_BURST: MUCH,
  PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: MUCH,
  PARLANCE_LIMIT_CONNECTS_PER_MINUTE: MUCH,
};

export async function startParlance(env: Readonly<Record<string, string>>): Promise<ClusterStack> {
  return startCluster({ env: { ...SETTINGS, ...env } });
}

/** The running cluster, once it knows the people of the bench and their rooms. */
export async function parlanceSystem(cluster: ClusterStack, pairs: number): Promise<ChatSystem> {
  const [first, second = first] = cluster.gateways;
  return {
    name: 'parlance',
    urls: [first, second],
    apiKey: API_KEY,
    order: 'ordered',
    pairs: await makePairs(first, pairs),
    components: () => componentsOf(cluster),
  };
}

async function makePairs(url: string, pairs: number): Promise<readonly Pair[]> {
  const api = new NativeApi(url, SECRET_KEY);
  return boundedMap(Array.from({ length: pairs }), REQUESTS_AT_ONCE, async (_, index) => {
    const [senderId, receiverId] = [`bench-${2 * index}`, `bench-${2 * index + 1}`];
    for (const id of [senderId, receiverId]) await repeated(() => api.putUser(id, { name: `User ${id}` }));
    const room = await repeated(() => api.createRoom({ kind: 'direct', memberIds: [senderId, receiverId] }));
    return { senderId, receiverId, roomId: room.id };
  });
}

/** People and the direct room of each pair; those who are in many pairs are named in `first` and made before. */
export async function makeCrowd(
  cluster: ClusterStack,
  pairs: readonly (readonly [string, string])[],
  first: readonly string[],
): Promise<void> {
  const api = new NativeApi(cluster.gateways[0], SECRET_KEY);
  for (const id of first) await repeated(() => api.putUser(id));
  await boundedMap(pairs, REQUESTS_AT_ONCE, async ([id, other]) => {
    await repeated(() => api.putUser(id));
    await repeated(() => api.createRoom({ kind: 'direct', memberIds: [id, other] }));
  });
}

/** As its clients are told to: what is refused for now is tried again. Both requests can be repeated. */
async function repeated<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof NativeApiError && error.retryable)) throw error;
      await delay(AGAIN_MS);
    }
  }
  return request();
}

export function componentsOf({ status }: ClusterStack): Readonly<Record<string, readonly number[]>> {
  const pids = (parts: readonly ({ readonly pid: number | null } | null)[]): readonly number[] =>
    parts.flatMap((part) => part?.pid ?? []);
  return {
    gateways: pids(status.gateways),
    message: pids(status.message),
    presence: pids(status.presence),
    gamification: pids(status.gamification),
    identity: pids(status.identity),
    api: pids([status.api]),
    nats: pids([status.nats]),
    redis: pids([status.redis]),
    postgres: pids([status.postgres]),
  };
}
