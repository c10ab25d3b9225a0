import { Inject, Injectable } from '@nestjs/common';
import { BUS, CLOCK } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { roomPublished, userAddress } from '@parlance/contracts';
import type { ScoreDay, UserEvent } from '@parlance/domain';
import type { Clock } from '@parlance/observability';

export interface RewardState {
  readonly tenantId: string;
  readonly rewardId: string;
  readonly remaining: number;
  readonly isExpired: boolean;
}

/** Publishes to users. Absolute: one that gets lost or comes twice does no harm, as long as the last one comes. */
@Injectable()
export class Teller {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get connected(): boolean {
    return this.bus.connected;
  }

  score(tenantId: string, userId: string, day: ScoreDay): void {
    this.#tell({ ...this.#base(tenantId, userId), type: 'score.changed', day });
  }

  reward({ tenantId, ...state }: RewardState, userId: string, consumedByMe: boolean): void {
    this.#tell({ ...this.#base(tenantId, userId), type: 'reward.changed', ...state, consumedByMe });
  }

  /** Settles when all of it has left. Errors: `unavailable`. */
  async flush(): Promise<void> {
    await this.bus.flush();
  }

  #tell(event: UserEvent): void {
    this.bus.publish(roomPublished, userAddress(event.tenantId, event.userId), { events: [event] });
  }

  #base(tenantId: string, userId: string) {
    const at = new Date(this.clock()).toISOString();
    return { v: 1 as const, tenantId, userId, at, origin: null, device: null, room: null };
  }
}
