/** Every bound of the bus, with what happens there. Times in milliseconds, sizes in bytes of UTF-8. */

/** One wire request carries at most this; more is split over several. A larger single item travels alone. */
export const MAX_BATCH_ITEMS = 256;
export const MAX_BATCH_BYTES = 256 * 1024;

/** Room left in a message for what surrounds the items. */
export const ENVELOPE_BYTES = 1024;

/** What an item adds to a message beside its own JSON: a comma, its place or time left. */
export const ITEM_OVERHEAD_BYTES = 32;

export const DEFAULT_TIMEOUT_MS = 3_000;
export const MAX_TIMEOUT_MS = 10_000;

/** A request waits this long for a lost connection to come back, then fails. */
export const DISCONNECT_GRACE_MS = 1_000;

/** Requests of one bus that have no answer yet; the next one is `overloaded`. */
export const MAX_PENDING_REQUESTS = 10_000;

/** Requests of one bus that wait for the end of the turn, or for the connection; the next one is `overloaded`. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** Items one server has taken and not answered; the next one is answered `overloaded`. */
export const MAX_IN_FLIGHT_ITEMS = 10_000;

/** How long a flush may take before it fails. */
export const FLUSH_TIMEOUT_MS = 3_000;

/** The longest a drain waits for handlers: nobody waits for an answer any longer. */
export const DRAIN_TIMEOUT_MS = MAX_TIMEOUT_MS;

/** Written and not yet taken by the receiver; more is refused (requests) or dropped (events). */
export const MAX_BACKLOG_BYTES = 32 * 1024 * 1024;

/** When a failed request may be repeated. */
export const RETRY_AFTER_MS = 1_000;

export const MAX_ADDRESS_LENGTH = 512;

/** Field messages one `invalid` answer carries. */
export const MAX_REPORTED_FIELDS = 20;
