import type { Directory } from '@parlance/actions';
import { viewOf } from '@parlance/actions';
import type { Bus } from '@parlance/bus';
import { getRoom } from '@parlance/contracts';
import type { RoomView } from '@parlance/dialect-kit';
import type { RoomStamp } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { LRUCache } from 'lru-cache';
import { keyOf } from './connection.js';

const MAX_VIEWS = 20_000;
/** People's names and photos may be this old in a cached view, ms. */
const VIEW_TTL_MS = 30_000;
/** A store that is away for a moment delays a room; beyond about ten seconds its facts are shown without the view. */
const TRIES = 8;
const MAX_RETRY_MS = 2_000;

interface Versioned {
  readonly version: number;
  readonly view: RoomView;
}

/** Rooms with their people, for renderers that need them; a fact's `version` says whether the cached one still holds. */
export class ViewCache {
  private readonly views = new LRUCache<string, Versioned>({ max: MAX_VIEWS, ttl: VIEW_TTL_MS });
  private readonly loading = new Map<string, Promise<RoomView | null>>();

  constructor(
    private readonly bus: Bus,
    private readonly directory: Directory,
    private readonly logger: Logger,
  ) {}

  /** Never rejects; null: the room is gone, or cannot be read. */
  load(tenantId: string, room: RoomStamp): RoomView | Promise<RoomView | null> {
    const cached = this.cached(tenantId, room);
    return cached ?? this.loaded(tenantId, room);
  }

  private cached(tenantId: string, room: RoomStamp): RoomView | null {
    const known = this.views.get(keyOf(tenantId, room.id));
    return known !== undefined && known.version >= room.version ? known.view : null;
  }

  private async loaded(tenantId: string, room: RoomStamp): Promise<RoomView | null> {
    const key = keyOf(tenantId, room.id);
    const running = this.loading.get(key);
    if (running !== undefined) {
      const view = await running;
      // It may have been read before the version that is asked for.
      if (view === null || view.room.version >= room.version) return view;
    }
    return this.cached(tenantId, room) ?? this.loading.get(key) ?? this.start(tenantId, room.id, key);
  }

  private start(tenantId: string, roomId: string, key: string): Promise<RoomView | null> {
    const started = this.tries(tenantId, roomId, key).finally(() => this.loading.delete(key));
    this.loading.set(key, started);
    return started;
  }

  private async tries(tenantId: string, roomId: string, key: string): Promise<RoomView | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.fetch(tenantId, roomId, key);
      } catch (error) {
        const again = error instanceof ParlanceError && error.retryable && attempt < TRIES;
        if (!again) {
          this.logger.warn(
            { code: 'view-missing', err: error, tenantId, roomId },
            'facts of a room are shown without its view',
          );
          return null;
        }
        await new Promise((resolve) => setTimeout(resolve, Math.min(MAX_RETRY_MS, 50 * 2 ** attempt)));
      }
    }
  }

  private async fetch(tenantId: string, roomId: string, key: string): Promise<RoomView> {
    const state = await this.bus.request(getRoom, { tenantId, viewerId: null, roomId });
    const view = await viewOf(this.directory, tenantId, state);
    this.views.set(key, { version: view.room.version, view });
    return view;
  }
}
