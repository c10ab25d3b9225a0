import type {
  Fact,
  JsonBounds,
  Message,
  ParlanceError,
  ReceiptChanged,
  Signal,
  StreamAdvanced,
  Tenant,
  User,
  UserEvent,
  UserSnapshot,
} from '@parlance/domain';
import type { z } from 'zod';
import type { HttpCompanion } from './http.js';
import type { Delivery, FrameEncoding, Reply } from './frame.js';
import type { Claim, Execute, IntentType, RoomView } from './intent.js';

/** Everything that a gateway may have to tell its clients. Adding one here is a compile error in every dialect until it is rendered or ignored. */
export type DomainEvent = Fact | ReceiptChanged | Signal | StreamAdvanced | UserEvent;
export type DomainEventType = DomainEvent['type'];
export type DomainEventOf<T extends DomainEventType> = Extract<DomainEvent, { type: T }>;

/** A connection as a dialect may see it at its handshake. Header names are in lower case. */
export interface Handshake {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly auth: Readonly<Record<string, unknown>>;
}

/**
 * How connections of this dialect begin. `marks`: does this handshake betray the dialect (root namespace)? Dialects without
 * marks are known by their first event. `claim`: a credential in the handshake, where the wire has one there.
 * `resumes`: `named` clients bring the session id back that they were given at connect; `by-user` clients cannot, and are taken for
 * the user's newest abandoned session when they identify. `at-identify`: both, but never before they identified: the session they bring back,
 * else the newest abandoned one; for wires where a connection says how it wants to be written to before it says who it is.
 */
export interface Opening {
  readonly marks: (handshake: Handshake) => boolean;
  readonly claim: (handshake: Handshake) => Claim | null;
  readonly resumes: 'named' | 'by-user' | 'at-identify';
  /** absent: whoever is refused at the handshake gets Socket.IO's `connect_error` */
  readonly atConnect?: ConnectRefusal;
}

/**
 * A wire whose clients hear as an event why they may not come in. Once such a dialect is known from the handshake, the socket is
 * accepted, told the frames of `refuse`, and disconnected with a packet. A handshake without a claim is refused as `unauthenticated`:
 * there is no later moment to say who one is. `objection`: why this user may not come in, or null. An error about an account that
 * was ended carries `details.reason: 'terminated'`.
 */
export interface ConnectRefusal {
  readonly objection: (user: User) => ParlanceError | null;
  readonly refuse: (error: ParlanceError, tenant: Tenant | null) => Reply;
}

/** What an inbound event knows beside its arguments. `acked`: the client waits for an acknowledgement. */
export interface InboundContext {
  readonly acked: boolean;
  /** of the bound user; read it when it is needed, since a first frame's claim is settled between `parse` and `run` */
  readonly tenant: Tenant | null;
  /** the bound user, if the connection has one already */
  readonly user: UserSnapshot | null;
}

/** Rate class of an event; each has its own bucket (guarantees.md section 7). */
export type RateClass = 'message' | 'typing' | 'signal' | 'other';

/**
 * A parsed inbound frame. `claim`: the identity it carries, settled by the gateway before anything runs. `asks`: the type of
 * the intent (null = a known event that asks for nothing of the domain, and may come unidentified; `run` may answer it still). `run` executes it and words the answer, errors included.
 */
export interface Translation {
  readonly claim: Claim | null;
  readonly asks: IntentType | null;
  readonly run: (execute: Execute) => Promise<Reply>;
  /** true: what follows on this connection is begun when this is answered, so that nothing overtakes what takes several intents */
  readonly holds?: boolean;
  /** the wording of an error met before or instead of `run` */
  readonly refuse: (error: ParlanceError) => Reply;
}

export interface InboundEvent {
  readonly rate: RateClass;
  /** what it accepts: the source of its documentation */
  readonly schema: z.ZodType;
  /** Throws ParlanceError `invalid` (with `fields`) when the arguments do not fit the schema. */
  readonly parse: (args: readonly unknown[], context: InboundContext) => Translation;
  /** The wording of that refusal, and of any other that happens before the arguments are understood. */
  readonly refuse: (error: ParlanceError, args: readonly unknown[], tenant?: Tenant | null) => Reply;
}

/** What a renderer sees beside the event: the room with its members when the renderer `needs` it. */
export interface View {
  readonly tenant: Tenant;
  readonly room: RoomView | null;
  /**
   * when the renderer `needs` a `thread` and there is one: the message that a message fact's message answers, or the newest one
   * that a receipt covers
   */
  readonly replied?: Message | null;
}

export interface Renderer<E extends DomainEvent> {
  /** `room`: the gateway loads the room's view (cached by version) before it calls `render`; `thread`: that and `replied` */
  readonly needs?: 'room' | 'thread';
  /** Pure. An empty list: nothing to say this time. */
  readonly render: (event: E, view: View) => readonly Delivery[];
}

/** The wire has no word for it; the reason stands in the generated interop matrix. */
export interface Ignored {
  readonly ignored: string;
}

export type OutboundTable = { readonly [T in DomainEventType]: Renderer<DomainEventOf<T>> | Ignored };

/**
 * A dialect: a translation table between a wire and the domain. Data and pure functions; the gateway owns sockets, the dialect
 * owns words. `inbound`: by event name, disjoint across dialects. `refuse`: the wording of an error that no inbound event owns
 * (an unknown event, a flood, a closing connection).
 */
export interface Dialect {
  readonly name: string;
  readonly opening: Opening;
  readonly inbound: ReadonlyMap<string, InboundEvent>;
  readonly outbound: OutboundTable;
  readonly refuse: (error: ParlanceError, tenant?: Tenant | null) => Reply;
  /** the REST calls its clients make beside the socket, or null */
  readonly http: HttpCompanion | null;
  /** by the name of the mode that a reply may set; absent: every connection is written to alike */
  readonly encodings?: ReadonlyMap<string, FrameEncoding>;
  /** largest frame of a connection that is bound to this dialect, over WebSocket, bytes; absent: as before it is bound */
  readonly maxPacketBytes?: number;
  /** its clients know who is online from what they are told alone, so whoever comes is told of those who are there */
  readonly presenceIsPushed?: true;
  /** its clients take a typing signal back by themselves after some seconds, so it is repeated to them while it lasts */
  readonly typingLapses?: true;
  /** its clients say themselves what was delivered to them; others are taken at the word of their heartbeats */
  readonly confirmsDelivery?: true;
}

/** Bounds that every inbound payload meets before its schema (guarantees.md section 7). */
export const PAYLOAD_BOUNDS: JsonBounds = { depth: 16, nodes: 20_000 };
