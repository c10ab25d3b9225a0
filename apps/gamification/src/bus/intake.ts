import { Inject, Injectable } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus, Subscription } from '@parlance/bus';

/** The requests this app serves; the drain stops them first and waits for what was taken. */
@Injectable()
export class Intake {
  readonly #served: Subscription[] = [];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) drain: Drain,
  ) {
    drain.add('finish', 'gamification-requests', async () => this.#stop());
  }

  async open(serving: (bus: Bus) => readonly Promise<Subscription>[]): Promise<void> {
    this.#served.push(...(await Promise.all(serving(this.bus))));
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#served.map(async (subscription) => subscription.stop()));
  }
}
