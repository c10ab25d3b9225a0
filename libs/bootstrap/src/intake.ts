import { Inject, Injectable } from '@nestjs/common';
import type { Bus, Subscription } from '@parlance/bus';
import type { Drain } from './drain.js';
import { BUS, DRAIN } from './tokens.js';

/** The requests a service serves; the drain stops them first and waits for what was taken. */
@Injectable()
export class Intake {
  readonly #served: Subscription[] = [];

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) drain: Drain,
  ) {
    drain.add('finish', 'requests', async () => this.#stop());
  }

  async open(serving: (bus: Bus) => readonly Promise<Subscription>[]): Promise<void> {
    this.#served.push(...(await Promise.all(serving(this.bus))));
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#served.map(async (subscription) => subscription.stop()));
  }
}
