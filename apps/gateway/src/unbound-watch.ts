import type { Connection } from './connection.js';
import type { EngineConnection } from './socket-internals.js';

/** From the first frame, an unbound connection has this long; a silent one longer (its login page is being filled in). */
const AFTER_FRAME_MS = 10_000;
const SILENT_MS = 60_000;

interface Watched {
  deadline: number;
  spoken: boolean;
  /** its bound namespaces */
  readonly bound: Set<Connection>;
  namespaces: number;
}

/**
 * Closes sockets that never identify themselves. Kept per connection of the client, not per namespace, and satisfied by any bound one:
 * an EIO 3 client in an explicit namespace is always in `/` too (design.md section 3).
 */
export class UnboundWatch {
  private readonly watched = new Map<EngineConnection, Watched>();

  constructor(
    private readonly now: () => number,
    private readonly expire: (engine: EngineConnection) => void,
  ) {}

  watch({ engine }: Connection): void {
    const known = this.watched.get(engine);
    if (known === undefined) {
      this.watched.set(engine, { deadline: this.now() + SILENT_MS, spoken: false, bound: new Set(), namespaces: 1 });
    } else {
      known.namespaces += 1;
    }
  }

  heard({ engine, state }: Connection): void {
    const known = this.watched.get(engine);
    if (known === undefined || known.spoken || state !== 'unbound') return;
    known.spoken = true;
    known.deadline = Math.min(known.deadline, this.now() + AFTER_FRAME_MS);
  }

  satisfied(connection: Connection): void {
    this.watched.get(connection.engine)?.bound.add(connection);
  }

  /** The connection gave its identity up: the time runs anew. */
  released(connection: Connection): void {
    const known = this.watched.get(connection.engine);
    if (known === undefined) return;
    known.bound.delete(connection);
    known.spoken = false;
    known.deadline = this.now() + SILENT_MS;
  }

  gone(connection: Connection): void {
    const known = this.watched.get(connection.engine);
    if (known === undefined) return;
    known.namespaces -= 1;
    if (known.namespaces <= 0) this.watched.delete(connection.engine);
    else if (known.bound.has(connection)) this.released(connection);
  }

  sweep(): void {
    const now = this.now();
    for (const [engine, one] of this.watched) {
      if (one.bound.size > 0 || now < one.deadline) continue;
      // Once is enough: a client that does not read is closed by its heartbeat.
      this.watched.delete(engine);
      this.expire(engine);
    }
  }
}
