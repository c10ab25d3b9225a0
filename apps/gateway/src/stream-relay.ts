import type { Bus } from '@parlance/bus';
import { listStreams } from '@parlance/contracts';
import type { StreamAdvanced } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { LRUCache } from 'lru-cache';
import type { Connection } from './connection.js';
import { keyOf } from './connection.js';

/** Streams known at once, and for how long after their last part, ms. */
const MAX_STREAMS = 1_000;
const STREAM_TTL_MS = 600_000;
/** Ended streams that are remembered, so that a late part does not open them again. */
const MAX_ENDED = 1_000;

type Place = Pick<StreamAdvanced, 'tenantId' | 'room' | 'user' | 'messageId'>;

interface Running extends Place {
  text: string;
  /** how much of the text each connection was told, in UTF-16 units */
  readonly told: WeakMap<Connection, number>;
  pulling: boolean;
}

export interface StreamPorts {
  readonly bus: Bus;
  /** the live connections of the room that have a word for streams */
  readonly listeners: (place: Place) => readonly Connection[];
  readonly write: (event: StreamAdvanced, hearers: readonly Connection[]) => void;
  readonly logger: Logger;
}

/**
 * Tells texts that are still being written. Parts come unordered and may be lost: each connection hears the text once and in order,
 * whatever it missed together with the next part; who comes late hears the text so far at once. The durable message ends it.
 */
export class StreamRelay {
  private readonly streams = new LRUCache<string, Running>({
    max: MAX_STREAMS,
    ttl: STREAM_TTL_MS,
    updateAgeOnGet: true,
  });
  private readonly ended = new LRUCache<string, true>({ max: MAX_ENDED });

  constructor(private readonly ports: StreamPorts) {}

  /** A part arrived. */
  advance(event: StreamAdvanced): void {
    const stream = this.running(event);
    if (stream === null) return;
    if (event.offset > stream.text.length) return this.pull(stream);
    const known = stream.text.length - event.offset;
    if (known < event.text.length) stream.text += event.text.slice(known);
    this.tell(stream, this.ports.listeners(stream));
  }

  /** The message that a stream became was told. */
  end(tenantId: string, messageId: string): void {
    const key = keyOf(tenantId, messageId);
    if (!this.streams.delete(key)) return;
    this.ended.set(key, true);
  }

  /** A connection came: it hears what is being written in its rooms. Never rejects. */
  async late(connection: Connection): Promise<void> {
    const { identity } = connection;
    if (identity === null) return;
    const tenantId = identity.caller.tenant.id;
    const epoch = connection.epoch;
    try {
      const { streams } = await this.ports.bus.request(listStreams, { tenantId, userId: identity.user.id });
      if (connection.epoch !== epoch || connection.state !== 'live') return;
      for (const { messageId, room, sender, text } of streams) {
        const stream = this.running({ tenantId, room, user: sender, messageId });
        if (stream === null) continue;
        if (text.length > stream.text.length) stream.text = text;
        this.tell(stream, [connection]);
      }
    } catch (err) {
      this.ports.logger.warn(
        { code: 'streams-unread', err, tenantId },
        'a connection hears running streams from their next part on',
      );
    }
  }

  private running(place: Place): Running | null {
    const key = keyOf(place.tenantId, place.messageId);
    if (this.ended.has(key)) return null;
    const known = this.streams.get(key);
    if (known !== undefined) return known;
    const { tenantId, room, user, messageId } = place;
    const made: Running = { tenantId, room, user, messageId, text: '', told: new WeakMap(), pulling: false };
    this.streams.set(key, made);
    return made;
  }

  /** A part was lost, or this gateway came late: the store knows the text so far. */
  private pull(stream: Running): void {
    const viewer = this.ports.listeners(stream)[0]?.identity?.user.id;
    if (viewer === undefined || stream.pulling) return;
    stream.pulling = true;
    const { tenantId, room, messageId } = stream;
    this.ports.bus
      .request(listStreams, { tenantId, userId: viewer, roomId: room.id })
      .then(({ streams }) => {
        const text = streams.find((one) => one.messageId === messageId)?.text ?? '';
        if (text.length > stream.text.length) stream.text = text;
        this.tell(stream, this.ports.listeners(stream));
      })
      .catch((err: unknown) =>
        this.ports.logger.warn({ code: 'stream-unread', err, tenantId, messageId }, 'the next part asks again'),
      )
      .finally(() => {
        stream.pulling = false;
      });
  }

  /** Connections that know equally much share a frame. */
  private tell(stream: Running, hearers: readonly Connection[]): void {
    if (this.ended.has(keyOf(stream.tenantId, stream.messageId))) return;
    const { tenantId, room, user, messageId, text } = stream;
    const groups = new Map<number, Connection[]>();
    for (const hearer of hearers) {
      const offset = stream.told.get(hearer) ?? 0;
      if (offset >= text.length) continue;
      stream.told.set(hearer, text.length);
      const group = groups.get(offset);
      if (group === undefined) groups.set(offset, [hearer]);
      else group.push(hearer);
    }
    for (const [offset, group] of groups) {
      const part = { type: 'stream.advanced', v: 1, origin: null, offset, text: text.slice(offset) } as const;
      this.ports.write({ ...part, tenantId, room, user, messageId }, group);
    }
  }
}
