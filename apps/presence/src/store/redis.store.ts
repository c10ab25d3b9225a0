import { createHash } from 'node:crypto';
import { decodeToken, encodeToken, ParlanceError } from '@parlance/domain';
import { Redis } from 'ioredis';
import { z } from 'zod';
import {
  AGAIN_MS,
  type Claim,
  type LeaseReport,
  type Member,
  type Person,
  type PresenceStore,
  type Recovery,
  type StoreTimes,
} from './presence.store.js';
import { SCRIPTS, type ScriptName } from './redis.scripts.js';

export interface RedisStoreOptions {
  readonly url: string;
  readonly times: StoreTimes;
  readonly log: (error: Error) => void;
  /** ms by which tests let the store's time run ahead */
  readonly aheadMs?: () => number;
  /** tells installations, and tests, apart that share a Redis; one hash tag */
  readonly namespace?: string;
}

const COMMAND_MS = 2_000;
const flagsSchema = z.array(z.union([z.literal(0), z.literal(1)]));
const countSchema = z.int().nonnegative();
const releasedSchema = z.int().min(-1);
const textsSchema = z.array(z.string());
const recoverySchema = z.enum(['done', 'waiting', 'due']);
const DIGESTS: ReadonlyMap<ScriptName, string> = new Map(
  names().map((name) => [name, createHash('sha1').update(SCRIPTS[name]).digest('hex')]),
);

/** Leases in Redis 7 or newer, shared by all replicas. Whatever changes more than one key is one script. */
export class RedisPresenceStore implements PresenceStore {
  private readonly redis: Redis;
  private readonly base: string;

  constructor(private readonly options: RedisStoreOptions) {
    this.base = `{${options.namespace ?? 'presence'}}`;
    this.redis = new Redis(options.url, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: COMMAND_MS,
      retryStrategy: (tries) => Math.min(1_000, tries * 50),
    });
    this.redis.on('error', options.log);
  }

  /** Settles when the first connection stands. Errors: `unavailable`. */
  async ready(withinMs: number): Promise<void> {
    if (this.redis.status === 'ready') return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(unavailable(new Error('Redis did not answer in time.'))), withinMs);
      this.redis.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async report({ leaseId, seq, begins, joined, left }: LeaseReport): Promise<boolean> {
    const { leaseMs, graceMs } = this.options.times;
    const members = [...left, ...joined].flatMap(pairOf);
    const head = [leaseId, seq, begins ? 1 : 0, leaseMs, graceMs, left.length];
    return countSchema.parse(await this.run('report', [...head, ...members])) === 1;
  }

  async end(leaseId: string): Promise<void> {
    await this.run('end', [leaseId]);
  }

  async sweep(limit: number): Promise<number | null> {
    const released = releasedSchema.parse(await this.run('sweep', [limit, this.options.times.graceMs]));
    return released < 0 ? null : released;
  }

  async online(tenantId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (userIds.length === 0) return new Set();
    const keys = userIds.map((userId) => keyOf({ tenantId, userId }));
    const flags = flagsSchema.parse(await this.run('online', keys));
    return new Set(userIds.filter((_, index) => flags[index] === 1));
  }

  async take(limit: number, aheadMs = 0): Promise<readonly Claim[]> {
    const { claimMs, graceMs } = this.options.times;
    const texts = textsSchema.parse(await this.run('take', [limit, aheadMs, claimMs, graceMs]));
    return Array.from({ length: texts.length / 5 }, (_, index) => claimOf(texts.slice(5 * index, 5 * index + 5)));
  }

  async settle(claims: readonly Claim[]): Promise<void> {
    const told = claims.flatMap((claim) => [keyOf(claim), claim.online ? '1' : '0', claim.token]);
    if (told.length > 0) await this.run('settle', told);
  }

  async release(claims: readonly Claim[]): Promise<void> {
    const held = claims.flatMap((claim) => [keyOf(claim), claim.token]);
    if (held.length > 0) await this.run('release', [AGAIN_MS, ...held]);
  }

  async check(people: readonly Person[]): Promise<void> {
    if (people.length > 0) await this.run('check', people.map(keyOf));
  }

  async recovery(): Promise<Recovery> {
    return recoverySchema.parse(await this.run('recovery', [this.options.times.leaseMs]));
  }

  async recovered(): Promise<void> {
    await this.coded(() => this.redis.set(`${this.base}:epoch`, 'done'));
  }

  async ping(): Promise<void> {
    await this.coded(() => this.redis.ping());
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  /** By digest; a Redis that was started anew or told to forget gets the script once more. */
  private async run(name: ScriptName, args: readonly (string | number)[]): Promise<unknown> {
    const values = [this.base, this.options.aheadMs?.() ?? 0, ...args];
    return this.coded(async () => {
      try {
        return await this.redis.evalsha(DIGESTS.get(name) ?? '', 1, ...values);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return this.redis.eval(SCRIPTS[name], 1, ...values);
      }
    });
  }

  private async coded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function names(): readonly ScriptName[] {
  return ['report', 'end', 'sweep', 'online', 'take', 'settle', 'release', 'check', 'recovery'];
}

function unavailable(cause: unknown): ParlanceError {
  return new ParlanceError('unavailable', 'The store of presence is away.', { retryAfterMs: 1_000 }, { cause });
}

/** Base64url has neither `.` nor space. */
function keyOf({ tenantId, userId }: Person): string {
  return `${encodeToken(tenantId)}.${encodeToken(userId)}`;
}

function pairOf(member: Member): readonly string[] {
  return [member.connectionId, keyOf(member)];
}

function claimOf([key = '', online, told, at = '', token = '']: readonly string[]): Claim {
  const [tenantId = '', userId = ''] = key.split('.').map(decodeToken);
  return { tenantId, userId, online: online === '1', told: told === '' ? null : told === '1', at: Number(at), token };
}
