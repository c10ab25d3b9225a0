/** WebSocket frames by hand (RFC 6455), as far as a Socket.IO client needs them. */
export type Opcode = 'text' | 'ping' | 'close' | 'other';

export interface Frame {
  readonly opcode: Opcode;
  /** of the payload within the buffer */
  readonly start: number;
  readonly end: number;
}

const SHORT = 126;
const LONG = 127;
const MAX_MEDIUM = 65_535;
const OPCODES: ReadonlyMap<number, Opcode> = new Map([
  [1, 'text'],
  [8, 'close'],
  [9, 'ping'],
]);

/** The frame that begins at `from`, or undefined when it is not whole before `end`. Servers do not mask. */
export function frameAt(bytes: Buffer, from: number, end: number): Frame | undefined {
  if (end - from < 2) return undefined;
  const size = (bytes[from + 1] ?? 0) & 0x7f;
  const header = size < SHORT ? 2 : size === SHORT ? 4 : 10;
  if (end - from < header) return undefined;
  const length = size < SHORT ? size : size === LONG ? bytes.readUInt32BE(from + 6) : bytes.readUInt16BE(from + 2);
  const start = from + header;
  if (end - start < length) return undefined;
  return { opcode: OPCODES.get((bytes[from] ?? 0) & 0x0f) ?? 'other', start, end: start + length };
}

/** A text frame as latin1. The mask is zero, which is legal and leaves the text, which must be ASCII, as it is. */
export function textFrame(text: string): string {
  return `\x81${sizeOf(text.length)}\0\0\0\0${text}`;
}

export const PONG_FRAME = '\x8a\x80\0\0\0\0';

function sizeOf(length: number): string {
  if (length < SHORT) return String.fromCharCode(0x80 | length);
  if (length > MAX_MEDIUM) throw new RangeError('The bench sends no texts of this size.');
  return `\xfe${String.fromCharCode(length >> 8)}${String.fromCharCode(length & 0xff)}`;
}
