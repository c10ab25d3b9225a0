import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiModule, apiFragments } from '@parlance/api';
import { Drain, startApp, type NestModule, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type InProcessHub } from '@parlance/bus';
import { CallModule, callFragments } from '@parlance/call';
import { loadConfig } from '@parlance/config';
import { GatewayModule, gatewayFragments } from '@parlance/gateway';
import { IdentityModule, identityFragments } from '@parlance/identity';
import { MessageModule, messageFragments } from '@parlance/message';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { freePort } from '@parlance/persistence';
import { PresenceModule, presenceFragments } from '@parlance/presence';
import { openTestDatabase } from '@parlance/testing/database';
import { z } from 'zod';

/** The real identity, message and presence services behind the api, over one in-process hub and an embedded Postgres. */
export interface ApiWorld {
  readonly url: string;
  readonly hub: InProcessHub;
  /** what the api has logged */
  readonly log: readonly string[];
  /** Another api on the same services. */
  startApi(env?: Readonly<Record<string, string>>): Promise<string>;
  /** A gateway and an api behind one address, as stock clients expect them. */
  startEdge(env?: Readonly<Record<string, string>>): Promise<string>;
  close(): Promise<void>;
}

const fragments = [
  ...identityFragments,
  ...messageFragments,
  ...callFragments,
  ...presenceFragments,
  ...gatewayFragments,
  ...apiFragments,
] as const;
const FILES_SECRET = 'a secret for file URLs of the specs, long enough';
const MASTER_KEY = 'a master key of the specs, 32 characters or more';

export async function startApiWorld(): Promise<ApiWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-api-'));
  const database = await openTestDatabase();
  const hub = createInProcessHub();
  const log: string[] = [];
  const apps: RunningApp[] = [];
  const settings = (env: Readonly<Record<string, string>> = {}) =>
    loadConfig(fragments, {
      DATABASE_URL: database.url,
      PARLANCE_DEMO: 'true',
      PARLANCE_MASTER_KEY: MASTER_KEY,
      PARLANCE_FILES_SECRET: FILES_SECRET,
      PARLANCE_GATEWAY_SECRET: 'a gateway secret of the specs, 32 characters or more',
      PARLANCE_LIMIT_MESSAGES_BURST: '1000',
      PARLANCE_STORAGE_DIR: join(folder, 'files'),
      PARLANCE_LIMIT_MESSAGES_PER_SECOND: '1000',
      PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '1000',
      ...env,
    });
  const start = async (name: string, modules: readonly NestModule[]): Promise<string> => {
    const app = await startOne(hub, name, modules, log);
    apps.push(app);
    return app.url;
  };
  const startApi = (env?: Readonly<Record<string, string>>): Promise<string> =>
    start('api', [ApiModule.register(settings(env))]);
  const config = settings();
  await start('services', [
    IdentityModule.register(config),
    MessageModule.register(config),
    CallModule.register(config),
    PresenceModule.register(config),
  ]);
  return {
    url: await startApi(),
    hub,
    log,
    startApi,
    startEdge: (env) => {
      const edge = settings(env);
      return start('edge', [GatewayModule.register(edge), ApiModule.register(edge)]);
    },
    close: async () => {
      for (const app of apps.reverse()) await app.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOne(
  hub: InProcessHub,
  name: string,
  modules: readonly NestModule[],
  log: string[],
): Promise<RunningApp> {
  const logger = createLogger({ service: name, level: 'warn', destination: { write: (line) => log.push(line) } });
  const bus = hub.connect(name);
  return startApp({
    platform: {
      logger,
      metrics: new Metrics(),
      health: new Health(),
      drain: new Drain({ logger, graceMs: 5_000 }),
      clock: Date.now,
      bus,
    },
    modules,
    http: { host: '127.0.0.1', port: await freePort() },
    release: () => bus.drain(),
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** parsed JSON; null when there was no body */
  readonly body: unknown;
}

/** Calls the native API at `base` with a credential, or without one. */
export function caller(base: string, credential: string | null) {
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (credential !== null) headers['authorization'] = `Bearer ${credential}`;
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    return answerOf(await fetch(`${base}/api/v1${path}`, { method, headers, ...init }));
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

export function field(answer: Answer, name: string): unknown {
  return Reflect.get(Object(answer.body), name);
}

export function idOf(answer: Answer): string {
  return String(field(answer, 'id'));
}

const named = z.array(z.looseObject({}));

/** One field of each entry of a list in an answer. */
export function column(answer: Answer, list: string, name: string): unknown[] {
  return named.parse(field(answer, list)).map((entry) => entry[name]);
}

/** What an answer with a coded error matches. */
export function refusal(code: string, status: number): object {
  return { status, body: { error: { code } } };
}

/** The answer, or an error that shows it: what a spec builds on must have worked. */
function mustBe(status: number, answer: Answer): Answer {
  if (answer.status === status) return answer;
  throw new Error(`Expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}

let made = 0;
export const unique = (name: string): string => `${name}-${++made}`;

/** What the specs make over the native API: users, users with a token, groups. */
export function peopleAt(base: string) {
  const server = caller(base, 'demo-secret-key');
  const user = async (name: string): Promise<string> => {
    const id = unique(name);
    mustBe(200, await server('PUT', `/users/${id}`, { name }));
    return id;
  };
  return {
    server,
    user,
    /** a user, and the native API as that user sees it */
    client: async (name: string) => {
      const id = await user(name);
      const issued = mustBe(201, await server('POST', `/users/${id}/tokens`, { ttlSeconds: 60 }));
      return { id, ask: caller(base, String(field(issued, 'token'))) };
    },
    /** a group that its first member owns */
    room: async (...memberIds: readonly string[]): Promise<string> => {
      const group = { kind: 'group', memberIds, createdBy: memberIds[0], name: 'Talk' };
      return idOf(mustBe(201, await server('POST', '/rooms', group)));
    },
  };
}
