/**
 * What a message says to the bench: when it was meant to leave, which pair's it is and its number, in digits of fixed width behind a
 * mark that no field before it holds. Read straight from the bytes of a frame, so that the load generator never parses JSON.
 */
const MARK = '~';
const MARK_CODE = MARK.charCodeAt(0);
const TIME_DIGITS = 13;
const PAIR_DIGITS = 6;
const NUMBER_DIGITS = 8;
const ZERO = 48;
const US_PER_MS = 1_000;

export interface Stamp {
  /** ms of `performance.now()` */
  readonly at: number;
  readonly pair: number;
  readonly number: number;
}

/** A text of `length` characters that starts with the stamp. */
export function stamped({ at, pair, number }: Stamp, length: number): string {
  const digits = (value: number, width: number): string => String(Math.round(value)).padStart(width, '0');
  const head = `${MARK}${digits(at * US_PER_MS, TIME_DIGITS)}${digits(pair, PAIR_DIGITS)}${digits(number, NUMBER_DIGITS)}`;
  return head.padEnd(length, 'x');
}

/** The stamp within `bytes` from `start` up to `end`; undefined when there is none. */
export function readStamp(bytes: Buffer, start: number, end: number): Stamp | undefined {
  const mark = bytes.indexOf(MARK_CODE, start);
  if (mark < 0 || mark + TIME_DIGITS + PAIR_DIGITS + NUMBER_DIGITS >= end) return undefined;
  const pairAt = mark + 1 + TIME_DIGITS;
  const numberAt = pairAt + PAIR_DIGITS;
  return {
    at: readDigits(bytes, mark + 1, TIME_DIGITS) / US_PER_MS,
    pair: readDigits(bytes, pairAt, PAIR_DIGITS),
    number: readDigits(bytes, numberAt, NUMBER_DIGITS),
  };
}

function readDigits(bytes: Buffer, start: number, width: number): number {
  let value = 0;
  for (let at = start; at < start + width; at += 1) value = value * 10 + (bytes[at] ?? ZERO) - ZERO;
  return value;
}
