import { Inject, Injectable } from '@nestjs/common';
import type { changedRooms, getHeads, pullLog } from '@parlance/contracts';
import type { z } from 'zod';
import { roomNotFound } from '../room/room.rules.js';
import { LogRepository } from './log.repository.js';

type PullInput = z.output<typeof pullLog.input>;
type HeadsInput = z.output<typeof getHeads.input>;
type ChangedInput = z.output<typeof changedRooms.input>;

/** Heads in one answer of `changed`. */
export const MAX_CHANGED = 1_000;

/** One pull carries at most about so many bytes, so that its answer fits into one bus message; the reader pulls on. */
export const MAX_PULL_BYTES = 512 * 1024;

@Injectable()
export class LogService {
  constructor(@Inject(LogRepository) private readonly log: LogRepository) {}

  /** With neither position nor time: from the beginning. A time must be one that the database gave (`asOf`, `at`). */
  async pull({ tenantId, roomId, afterPos, afterTime, limit }: PullInput): Promise<z.input<typeof pullLog.output>> {
    // Read before the facts: what follows `afterPos` up to this head must then be among them, unless it was dropped.
    const known = await this.log.head(tenantId, roomId);
    if (known === null) throw roomNotFound();
    const after = afterPos ?? (afterTime === undefined ? 0 : await this.log.posAt(tenantId, roomId, afterTime));
    const facts = await this.log.facts(tenantId, roomId, after, limit);
    const first = facts[0]?.pos;
    const truncated = first === undefined ? known > after : first > after + 1;
    const head = Math.max(known, facts.at(-1)?.pos ?? 0);
    return { facts: withinBytes(facts, MAX_PULL_BYTES), head, truncated };
  }

  async heads({ tenantId, roomIds }: HeadsInput): Promise<z.input<typeof getHeads.output>> {
    const { asOf, heads } = await this.log.heads(tenantId, roomIds);
    return { asOf, heads: [...heads] };
  }

  async changed({ tenantId, userIds, since }: ChangedInput): Promise<z.input<typeof changedRooms.output>> {
    const { asOf, heads } = await this.log.changed(tenantId, userIds, since, MAX_CHANGED + 1);
    return { heads: heads.slice(0, MAX_CHANGED), complete: heads.length <= MAX_CHANGED, asOf };
  }
}

/** The first of them that fit, at least one. */
export function withinBytes<T>(items: readonly T[], maxBytes: number): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => (bytes += JSON.stringify(item).length) > maxBytes);
  return end === -1 ? [...items] : items.slice(0, Math.max(1, end));
}
