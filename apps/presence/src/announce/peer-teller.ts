import { Inject, Injectable } from '@nestjs/common';
import { BUS, CLOCK, LOGGER } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { findAudience, findUsers, noteSeen, roomPublished, userAddress } from '@parlance/contracts';
import { ParlanceError, snapshotOf, type RoomStamp } from '@parlance/domain';
import type { Clock, Logger } from '@parlance/observability';
import type { z } from 'zod';
import type { PresenceSettings } from '../presence.config.js';
import { SeenRepository } from '../seen/seen.repository.js';
import { CLAIM_MS } from '../store/claim-time.js';
import type { Claim, PresenceStore } from '../store/presence.store.js';
import { SETTINGS, STORE } from '../tokens.js';
import { audienceOf, eventsFor, type Change, type SharedRoom } from './audience.js';

const USERS_PAGE = 256;
const ONLINE_PAGE = 500;
const SEEN_PAGE = 1_000;
/** People of whom a page of newcomers is told. */
const MAX_INTRODUCED = 2_000;
/** How far back somebody who comes may have missed that another one went: twice the resume window, ms. */
const MISSED_MS = 600_000;
/** Rooms of one question; fewer where they have so many members that the answer does not fit. */
const ROOMS_PAGE = 500;
const LEAST_ROOMS = 4;
/** Questions for one batch of people; rooms beyond are not told, and counted in the log. */
const MAX_ROOM_PAGES = 60;

type Moved = Pick<Claim, 'userId' | 'online' | 'at'>;

/** Tells the people who share a room with somebody. Asks per batch, never per event, and publishes only to those who are there to hear. */
@Injectable()
export class PeerTeller {
  constructor(
    @Inject(SETTINGS) private readonly settings: PresenceSettings,
    @Inject(STORE) private readonly store: PresenceStore,
    @Inject(SeenRepository) private readonly seen: SeenRepository,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `startedAt`: when these were claimed. Errors: those of the bus and the store, `unavailable` when it took too long to be told. */
  async tell(tenantId: string, claims: readonly Claim[], startedAt: number): Promise<void> {
    if (claims.length === 0) return;
    const ids = claims.map(({ userId }) => userId);
    const [changes, rooms] = await Promise.all([this.changesOf(tenantId, claims), this.roomsOf(tenantId, ids)]);
    const audience = audienceOf(new Set(changes.keys()), rooms);
    const online = await this.onlineAmong(tenantId, [...audience.keys()]);
    // Another replica may hold them by now, and know better.
    if (this.clock() - startedAt > CLAIM_MS / 2) throw new ParlanceError('unavailable', 'Telling took too long.');
    for (const [peer, told] of audience) {
      if (online.has(peer)) this.publish(tenantId, peer, told, changes);
    }
  }

  /**
   * Tells newcomers who is there, and who went lately. Who is online is asked last, so that what is told is as new as it can be. Errors:
   * those of the bus, the store and the database.
   */
  async introduce(tenantId: string, userIds: readonly string[]): Promise<void> {
    const rooms = await this.roomsOf(tenantId, [...userIds]);
    const peers = [...new Set(rooms.flatMap(({ memberIds }) => memberIds))].slice(0, MAX_INTRODUCED);
    const now = this.clock();
    const gone = await this.seen.goneSince(tenantId, peers, now - MISSED_MS);
    const near = await this.onlineAmong(tenantId, peers);
    const known = peers.filter((id) => near.has(id) || gone.has(id));
    const changes = await this.changesOf(
      tenantId,
      known.map((userId) => ({ userId, online: true, at: now })),
    );
    const online = await this.onlineAmong(tenantId, known);
    for (const [id, change] of changes) {
      const at = gone.get(id)?.getTime() ?? now;
      changes.set(id, { ...change, online: online.has(id), at: online.has(id) ? now : at });
    }
    const audience = audienceOf(new Set(changes.keys()), rooms);
    for (const id of userIds) this.publish(tenantId, id, audience.get(id), changes);
  }

  /** Identity shows it with the user. Never rejects: presence has its own copy. */
  async noteSeen(tenantId: string, gone: readonly Claim[]): Promise<void> {
    for (let start = 0; start < gone.length; start += SEEN_PAGE) {
      const page = gone.slice(start, start + SEEN_PAGE);
      const at = new Date(Math.max(...page.map((claim) => claim.at))).toISOString();
      try {
        await this.bus.request(noteSeen, { tenantId, userIds: page.map(({ userId }) => userId), at });
      } catch (err) {
        this.logger.warn({ code: 'last-seen-not-noted', err, users: page.length }, 'users show an older time');
      }
    }
  }

  private publish(
    tenantId: string,
    userId: string,
    told: ReadonlyMap<string, readonly RoomStamp[]> | undefined,
    changes: ReadonlyMap<string, Change>,
  ): void {
    if (told === undefined) return;
    for (const events of eventsFor(tenantId, userId, told, changes)) {
      this.bus.publish(roomPublished, userAddress(tenantId, userId), { events });
    }
  }

  private async changesOf(tenantId: string, claims: readonly Moved[]): Promise<Map<string, Change>> {
    const changes = new Map<string, Change>();
    for (let start = 0; start < claims.length; start += USERS_PAGE) {
      const page = claims.slice(start, start + USERS_PAGE);
      const refs = page.map(({ userId }) => ({ id: userId }));
      const { users } = await this.bus.request(findUsers, { tenantId, refs });
      users.forEach((user, index) => {
        const claim = page[index];
        if (user === null || claim === undefined) return;
        changes.set(user.id, { subject: snapshotOf(user), online: claim.online, at: claim.at });
      });
    }
    return changes;
  }

  private async roomsOf(tenantId: string, userIds: string[]): Promise<readonly SharedRoom[]> {
    const maxMembers = this.settings.limits.presenceMembers;
    const found: SharedRoom[] = [];
    let [after, limit]: [string | null, number] = [null, ROOMS_PAGE];
    for (let pages = 0; pages < MAX_ROOM_PAGES; pages += 1) {
      try {
        const page = await this.audiencePage({ tenantId, userIds, maxMembers, after, limit });
        found.push(...page.rooms);
        if (page.next === null) return found;
        after = page.next;
      } catch (error) {
        if (!(error instanceof ParlanceError && error.code === 'too-large' && limit > LEAST_ROOMS)) throw error;
        limit = Math.ceil(limit / 4);
      }
    }
    this.logger.warn({ code: 'audience-cut', users: userIds.length, rooms: found.length }, 'not all peers are told');
    return found;
  }

  private audiencePage(question: z.input<typeof findAudience.input>): Promise<z.output<typeof findAudience.output>> {
    return this.bus.request(findAudience, question);
  }

  private async onlineAmong(tenantId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const online = new Set<string>();
    for (let start = 0; start < userIds.length; start += ONLINE_PAGE) {
      for (const id of await this.store.online(tenantId, userIds.slice(start, start + ONLINE_PAGE))) online.add(id);
    }
    return online;
  }
}
