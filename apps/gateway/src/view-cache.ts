import type { Directory } from '@parlance/actions';
import { viewOf } from '@parlance/actions';
import type { Bus } from '@parlance/bus';
import { getRoom } from '@parlance/contracts';
import type { RoomView } from '@parlance/dialect-kit';
import type { RoomStamp } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { keyOf } from './connection.js';

const MAX_VIEWS = 20_000;
/** People's names and photos may be this old in a cached view, ms. */
const VIEW_TTL_MS = 30_000;

interface Versioned {
  readonly version: number;
  readonly view: RoomView;
}

/** Rooms with their people, for renderers that need them; a fact's `version` says whether the cached one still holds. */
export class ViewCache {
  private readonly views = new LRUCache<string, Versioned>({ max: MAX_VIEWS, ttl: VIEW_TTL_MS });
  private readonly loading = new Map<string, Promise<RoomView>>();

  constructor(
    private readonly bus: Bus,
    private readonly directory: Directory,
  ) {}

  load(tenantId: string, room: RoomStamp): RoomView | Promise<RoomView> {
    const key = keyOf(tenantId, room.id);
    const cached = this.views.get(key);
    if (cached !== undefined && cached.version >= room.version) return cached.view;
    const running = this.loading.get(key);
    if (running !== undefined) return running;
    const started = this.fetch(tenantId, room.id, key).finally(() => this.loading.delete(key));
    this.loading.set(key, started);
    return started;
  }

  private async fetch(tenantId: string, roomId: string, key: string): Promise<RoomView> {
    const state = await this.bus.request(getRoom, { tenantId, viewerId: null, roomId });
    const view = await viewOf(this.directory, tenantId, state);
    this.views.set(key, { version: view.room.version, view });
    return view;
  }
}
