/** A room's head is repeated when its newest fact is so old, in ms: a lost publication is noticed without another one coming. */
export const REPEAT_AFTER_MS = [1_000, 5_000, 30_000] as const;

/** Rooms that wait for a repetition; beyond, those that wait longest go out early and are forgotten. */
export const MAX_WAITING_ROOMS = 100_000;

const BUCKET_MS = 250;

export interface ChangedRoom {
  readonly tenantId: string;
  readonly roomId: string;
  readonly pos: number;
  readonly at: string;
  /** where the head is to be heard */
  readonly addresses: readonly string[];
}

interface Entry {
  room: ChangedRoom;
  changedAt: number;
  stage: number;
  /** the only bucket in which this entry counts */
  bucket: number;
}

/**
 * Says when which heads are repeated. A room that changes again waits anew: while facts flow, each of them shows the gap before
 * it, and only the last of a burst needs a repetition. Times in ms, given by the caller.
 */
export class RelaySchedule {
  readonly #rooms = new Map<string, Entry>();
  readonly #buckets = new Map<number, Entry[]>();
  #overdue: ChangedRoom[] = [];
  #next: number | null = null;

  constructor(private readonly maxRooms = MAX_WAITING_ROOMS) {}

  get size(): number {
    return this.#rooms.size;
  }

  add(room: ChangedRoom, now: number): void {
    const key = keyOf(room);
    const known = this.#rooms.get(key);
    const merged = known === undefined ? room : merge(known.room, room);
    const entry = { room: merged, changedAt: now, stage: 0, bucket: bucketOf(now + REPEAT_AFTER_MS[0]) };
    // Set anew, so that the map's order is that of the last change.
    this.#rooms.delete(key);
    if (known !== undefined) known.bucket = -1;
    this.#rooms.set(key, entry);
    this.#enqueue(entry);
    if (this.#rooms.size > this.maxRooms) this.#evict();
  }

  /** The rooms whose head is to be repeated now. */
  due(now: number): readonly ChangedRoom[] {
    const due = this.#overdue;
    this.#overdue = [];
    // The last bucket that is over: what it holds is due, and what is due later is in none of those that are emptied here.
    const end = Math.floor(now / BUCKET_MS);
    for (let bucket = this.#next ?? end; bucket <= end; bucket += 1) {
      const entries = this.#buckets.get(bucket) ?? [];
      this.#buckets.delete(bucket);
      for (const entry of entries) if (entry.bucket === bucket) due.push(this.#advance(entry, now));
    }
    this.#next = end + 1;
    return due;
  }

  /** On to the next repetition that is not past already. */
  #advance(entry: Entry, now: number): ChangedRoom {
    const { room, changedAt } = entry;
    entry.stage = REPEAT_AFTER_MS.findIndex((wait, stage) => stage > entry.stage && changedAt + wait > now);
    const wait = REPEAT_AFTER_MS[entry.stage];
    if (wait === undefined) {
      this.#rooms.delete(keyOf(room));
    } else {
      entry.bucket = bucketOf(changedAt + wait);
      this.#enqueue(entry);
    }
    return room;
  }

  #enqueue(entry: Entry): void {
    entry.bucket = Math.max(entry.bucket, this.#next ?? entry.bucket);
    this.#next ??= entry.bucket;
    const bucket = this.#buckets.get(entry.bucket);
    if (bucket === undefined) this.#buckets.set(entry.bucket, [entry]);
    else bucket.push(entry);
  }

  #evict(): void {
    for (const [key, entry] of this.#rooms) {
      this.#rooms.delete(key);
      entry.bucket = -1;
      this.#overdue.push(entry.room);
      return;
    }
  }
}

function keyOf({ tenantId, roomId }: ChangedRoom): string {
  return JSON.stringify([tenantId, roomId]);
}

/** Rounded up: never early. */
function bucketOf(time: number): number {
  return Math.ceil(time / BUCKET_MS);
}

function merge(older: ChangedRoom, newer: ChangedRoom): ChangedRoom {
  const later = newer.pos >= older.pos ? newer : older;
  return { ...later, addresses: [...new Set([...older.addresses, ...newer.addresses])] };
}
