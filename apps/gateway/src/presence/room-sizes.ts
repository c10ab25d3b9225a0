import type { Bus } from '@parlance/bus';
import { countMembers } from '@parlance/contracts';
import type { RoomStamp } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { keyOf } from '../connection.js';

const MAX_ROOMS = 50_000;
/** How old the answer may be, ms: a room grows slowly. */
const TTL_MS = 30_000;

/** Which rooms are too large for what is told to everybody in them all the time. */
export class RoomSizes {
  private readonly known = new LRUCache<string, boolean>({ max: MAX_ROOMS, ttl: TTL_MS });
  private readonly asking = new Map<string, Promise<boolean>>();

  constructor(
    private readonly bus: Pick<Bus, 'request'>,
    private readonly maxMembers: number,
  ) {}

  /** Errors: those of the bus. */
  async isLarge(tenantId: string, room: Pick<RoomStamp, 'id' | 'pair'>): Promise<boolean> {
    if (room.pair !== null) return false;
    const key = keyOf(tenantId, room.id);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const asked = this.asking.get(key) ?? this.ask(tenantId, room.id, key);
    return asked;
  }

  private ask(tenantId: string, roomId: string, key: string): Promise<boolean> {
    const atMost = this.maxMembers + 1;
    const asked = this.bus
      .request(countMembers, { tenantId, roomIds: [roomId], atMost })
      .then(({ counts }) => {
        const isLarge = (counts[0] ?? 0) > this.maxMembers;
        this.known.set(key, isLarge);
        return isLarge;
      })
      .finally(() => this.asking.delete(key));
    this.asking.set(key, asked);
    return asked;
  }
}
