import type { Bus } from '@parlance/bus';
import { pullLog } from '@parlance/contracts';
import type { Logger } from '@parlance/observability';
import { parsePage } from './fact-parser.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import type { OrderedRoom } from './ordered-room.js';
import type { PullFrom } from './sequencer.js';
import { Slots } from './slots.js';

const PAGE = 500;
const PULLS_AT_ONCE = 4;
const TRIES = 8;
const MAX_RETRY_MS = 2_000;

interface Page {
  readonly facts: readonly unknown[];
  readonly head: number;
  readonly truncated: boolean;
}

/** Closes gaps from the room log: one pull per room, four per gateway, retried with jitter a bounded number of times. */
export class LogPuller {
  private readonly slots = new Slots(PULLS_AT_ONCE);

  constructor(
    private readonly bus: Bus,
    private readonly isCurrent: (room: OrderedRoom) => boolean,
    private readonly random: () => number,
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {}

  start(room: OrderedRoom): void {
    if (!this.isCurrent(room)) return;
    room.pullAgain = room.pulling;
    if (room.pulling) return;
    room.pulling = true;
    this.slots
      .run(() => this.pull(room))
      .then(
        () => this.metrics.gapPulled('closed'),
        (err: unknown) => {
          const { tenantId, roomId } = room;
          this.metrics.gapPulled('failed');
          this.metrics.skipped('pull-failed');
          this.logger.warn({ code: 'pull-failed', err, tenantId, roomId }, 'the relay will repeat the head');
        },
      )
      .finally(() => {
        room.pulling = false;
        if (room.pullAgain) this.start(room);
      });
  }

  /** Page after page until nothing is missing; a page that brings no progress is the last. */
  private async pull(room: OrderedRoom): Promise<void> {
    for (let asked = ''; this.isCurrent(room);) {
      const from = room.sequencer.pullFrom();
      if (asked === JSON.stringify(from)) return;
      asked = JSON.stringify(from);
      // What was read is handed on before more is read, so that a slow room does not fill the memory.
      await room.idle();
      const page = await this.ask(room, from);
      if (!this.isCurrent(room)) return;
      const after = 'afterPos' in from && !page.truncated ? from.afterPos : null;
      const entries = parsePage(page.facts, room, after);
      this.metrics.pulled(entries.length);
      const step = room.sequencer.pulled(entries, page.head, page.truncated);
      room.apply({ ...step, gap: false });
      if (!step.gap) return;
    }
  }

  private async ask(room: OrderedRoom, from: PullFrom): Promise<Page> {
    const after =
      'afterPos' in from ? { afterPos: from.afterPos } : { afterTime: new Date(from.afterTimeMs).toISOString() };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.bus.request(pullLog, { tenantId: room.tenantId, roomId: room.roomId, ...after, limit: PAGE });
      } catch (error) {
        if (attempt >= TRIES || !this.isCurrent(room)) throw error;
        await pause(Math.min(MAX_RETRY_MS, 50 * 2 ** attempt) * (0.5 + this.random()));
      }
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
