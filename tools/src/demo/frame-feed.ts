import type { ChatClient, Frame } from '@parlance/testing';
import type { Columns, Side } from './columns.js';
import { compact } from './compact.js';

interface Watched {
  readonly client: ChatClient;
  readonly side: Side;
  shown: number;
}

const ARROWS = { out: '>', in: '<', ack: '<' } as const;

/** Prints what two clients send and hear, each in its column, in the order in which it happened. */
export class FrameFeed {
  private readonly watched: readonly Watched[];
  private readonly startedAt = Date.now();

  constructor(
    left: ChatClient,
    right: ChatClient,
    private readonly columns: Columns,
    private readonly print: (line: string) => void,
  ) {
    this.watched = [
      { client: left, side: 'left', shown: 0 },
      { client: right, side: 'right', shown: 0 },
    ];
  }

  /** Prints what is new. */
  flush(): void {
    const fresh = this.watched.flatMap((one) => {
      const frames = one.client.rawLog.slice(one.shown);
      one.shown += frames.length;
      return frames.map((frame) => ({ frame, side: one.side }));
    });
    for (const { frame, side } of fresh.sort((a, b) => a.frame.at - b.frame.at)) {
      this.print(this.columns.event(frame.at - this.startedAt, side, describe(frame)));
    }
  }
}

function describe({ direction, name, args }: Frame): string {
  return `${ARROWS[direction]} ${name} ${compact(args)}`.trimEnd();
}
