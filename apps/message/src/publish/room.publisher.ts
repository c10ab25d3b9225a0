import { Inject, Injectable } from '@nestjs/common';
import { BUS, LOGGER } from '@parlance/bootstrap';
import type { Bus, EventTraces } from '@parlance/bus';
import { addressesOfRoom, roomPublished, userAddress } from '@parlance/contracts';
import {
  ParlanceError,
  type Fact,
  type Head,
  type ReceiptChanged,
  type StreamAdvanced,
  type UserEvent,
} from '@parlance/domain';
import {
  activeTrace,
  continueTrace,
  endSpan,
  isRecorded,
  Metrics,
  traceOf,
  type Logger,
  type Span,
} from '@parlance/observability';
import type { Counter } from 'prom-client';
import { affectedUsers } from './addresses.js';

/** A membership fact goes whole to so many users; to more, only that the room has come to its position, and they pull. */
export const MAX_FACT_COPIES = 100;

/** Heads in one publication. */
export const MAX_HEADS = 256;

/**
 * Tells the gateways, after COMMIT. What gets lost here is found again through the relay's heads, so nothing thrown while
 * publishing may reach the caller, whose work is committed.
 */
@Injectable()
export class RoomPublisher {
  readonly #failures: Counter;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.#failures = metrics.counter({ name: 'message_publish_failures_total', help: 'Publications that failed.' });
  }

  /**
   * The facts of one commit, those of one room in pos order. Once per address. `traces`: the traceparents of those that belong to a
   * trace; when not given, they belong to that of the work at hand.
   */
  facts(facts: readonly Fact[], traces?: ReadonlyMap<Fact, string>): void {
    const steps = publishing(facts, traces);
    const byAddress = new Map<string, Fact[]>();
    for (const fact of facts) {
      for (const address of this.#addressesOf(fact)) {
        const known = byAddress.get(address);
        if (known === undefined) byAddress.set(address, [fact]);
        else known.push(fact);
      }
    }
    for (const [address, group] of byAddress) this.#publishFacts(address, group, steps);
    for (const step of steps.values()) endSpan(step);
  }

  heads(address: string, heads: readonly Head[]): void {
    for (let start = 0; start < heads.length; start += MAX_HEADS) {
      this.#publish(address, { heads: heads.slice(start, start + MAX_HEADS) });
    }
  }

  receipt(receipt: ReceiptChanged): void {
    this.receipts([receipt]);
  }

  /** Those of one address together. */
  receipts(receipts: readonly ReceiptChanged[]): void {
    const byAddress = new Map<string, ReceiptChanged[]>();
    for (const receipt of receipts) {
      for (const address of addressesOfRoom(receipt.tenantId, receipt.room)) {
        const known = byAddress.get(address);
        if (known === undefined) byAddress.set(address, [receipt]);
        else known.push(receipt);
      }
    }
    for (const [address, group] of byAddress) this.#publish(address, { receipts: group });
  }

  /** Each to its user. Absolute, so that one that gets lost does no harm. */
  userEvents(events: readonly UserEvent[]): void {
    for (const event of events) this.#publish(userAddress(event.tenantId, event.userId), { events: [event] });
  }

  /** Where the room is heard. A listener that misses one notices by the next one's offset, or by the message that ends the stream. */
  stream(advance: StreamAdvanced): void {
    for (const address of addressesOfRoom(advance.tenantId, advance.room)) {
      this.#publish(address, { events: [advance] });
    }
  }

  #addressesOf(fact: Fact): ReadonlySet<string> {
    const users = affectedUsers(fact).map((userId) => userAddress(fact.tenantId, userId));
    const room = addressesOfRoom(fact.tenantId, fact.room);
    if (users.length <= MAX_FACT_COPIES) return new Set([...room, ...users]);
    for (const address of users) this.heads(address, [{ roomId: fact.room.id, pos: fact.pos, at: fact.at }]);
    return new Set(room);
  }

  /** Facts that are too large together go in halves. */
  #publishFacts(address: string, facts: readonly Fact[], steps: Steps): void {
    const traces = steps.size === 0 ? undefined : facts.map((fact) => traceOfStep(steps.get(fact)));
    if (this.#publish(address, { facts: [...facts] }, traces) || facts.length < 2) return;
    const middle = Math.ceil(facts.length / 2);
    this.#publishFacts(address, facts.slice(0, middle), steps);
    this.#publishFacts(address, facts.slice(middle), steps);
  }

  /** False when the payload is too large. */
  #publish(
    address: string,
    payload: Parameters<typeof this.bus.publish<typeof roomPublished.payload>>[2],
    traces?: EventTraces,
  ): boolean {
    try {
      this.bus.publish(roomPublished, address, payload, { traces });
      return true;
    } catch (error) {
      if (error instanceof ParlanceError && error.code === 'too-large') return false;
      this.#failures.inc();
      this.logger.warn(
        { code: 'publish-failed', err: error, address },
        'facts were not published; the relay repeats their heads',
      );
      return true;
    }
  }
}

type Steps = ReadonlyMap<Fact, Span | undefined>;

const UNTRACED: Steps = new Map();

/** The step of its trace in which each fact is published; those that listen go on from it. */
function publishing(facts: readonly Fact[], traces: ReadonlyMap<Fact, string> | undefined): Steps {
  const common = traces === undefined ? activeTrace() : null;
  if (traces === undefined && !isRecorded(common)) return UNTRACED;
  return new Map(facts.flatMap((fact) => stepOf(fact, traces?.get(fact) ?? common)));
}

function stepOf(fact: Fact, trace: string | null): readonly (readonly [Fact, Span | undefined])[] {
  if (!isRecorded(trace)) return [];
  const attributes = { tenantId: fact.tenantId, type: fact.type };
  return [[fact, continueTrace(trace, 'message.publish', { kind: 'producer', attributes })]];
}

function traceOfStep(step: Span | undefined): string | null {
  return step === undefined ? null : traceOf(step);
}
