import { connect, type Socket } from 'node:net';
import { PONG_FRAME, frameAt, textFrame } from './light-frames.js';

export interface LightClientOptions {
  readonly host: string;
  readonly port: number;
  /** An event packet, from its JSON array on: `bytes[start]` is `[`. The bytes are only valid during the call. */
  readonly onEvent: (bytes: Buffer, start: number, end: number) => void;
  /** An acknowledgement, from its JSON array on. */
  readonly onAck: (id: number, bytes: Buffer, start: number, end: number) => void;
  /** The connection ended without `close()`, or never came to be. */
  readonly onLost: (reason: string) => void;
}

const READ_BYTES = 256 * 1_024;
/** All clients read through one buffer: what a callback leaves unread is copied out. */
const READ_BUFFER = Buffer.allocUnsafe(READ_BYTES);
const HEAD_END = '\r\n\r\n';
const [OPEN, PING, MESSAGE] = [48, 50, 52];
const [CONNECT, EVENT, ACK, CONNECT_ERROR] = [48, 50, 51, 52];
const [ZERO, NINE] = [48, 57];

/**
 * A Socket.IO client of protocol 5 over WebSocket, framed by hand: it costs a fifth of the real one, so that the load generator leaves
 * the cores to what is measured. For ASCII payloads below 64 KB.
 */
export class LightClient {
  private readonly socket: Socket;
  private unread: Buffer | undefined;
  private upgraded = false;
  private closed = false;
  private lastAck = 0;
  private resolveReady: () => void = () => undefined;
  /** Settles when the root namespace has let the client in. */
  readonly ready: Promise<void>;

  constructor(private readonly options: LightClientOptions) {
    this.ready = new Promise((resolve) => (this.resolveReady = resolve));
    const { host, port } = options;
    const read = (size: number, bytes: Uint8Array): boolean => {
      this.read(Buffer.from(bytes.buffer, bytes.byteOffset, size));
      return true;
    };
    this.socket = connect({ host, port, onread: { buffer: READ_BUFFER, callback: read } });
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => this.socket.write(upgradeRequest(host, port)));
    this.socket.on('error', (error) => this.lost(error.message));
    this.socket.on('close', () => this.lost('the server closed the connection'));
  }

  /** `json`: the packet's JSON array. */
  emit(json: string): void {
    this.socket.write(textFrame(`42${json}`), 'latin1');
  }

  /** The answer is the id that the acknowledgement will carry. */
  emitForAck(json: string): number {
    const id = (this.lastAck += 1);
    this.socket.write(textFrame(`42${id}${json}`), 'latin1');
    return id;
  }

  /** Says goodbye, then closes. */
  leave(): void {
    this.closed = true;
    this.socket.end(textFrame('41'), 'latin1');
  }

  close(): void {
    this.closed = true;
    this.socket.destroy();
  }

  private lost(reason: string): void {
    if (this.closed) return;
    this.close();
    this.options.onLost(reason);
  }

  private read(fresh: Buffer): void {
    const bytes = this.unread === undefined ? fresh : Buffer.concat([this.unread, fresh]);
    this.unread = undefined;
    const start = this.upgraded ? 0 : this.readHead(bytes);
    const rest = this.readFrames(bytes, start);
    if (rest < bytes.length) this.unread = Buffer.from(bytes.subarray(rest));
  }

  private readHead(bytes: Buffer): number {
    const at = bytes.indexOf(HEAD_END);
    if (at < 0) return 0;
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
    if (!status.startsWith('HTTP/1.1 101')) this.lost(`the server answered ${status}`);
    else this.upgraded = true;
    return at + HEAD_END.length;
  }

  private readFrames(bytes: Buffer, from: number): number {
    let at = from;
    while (this.upgraded && !this.closed) {
      const frame = frameAt(bytes, at, bytes.length);
      if (frame === undefined) return at;
      if (frame.opcode === 'text') this.onPacket(bytes, frame.start, frame.end);
      else if (frame.opcode === 'ping') this.socket.write(PONG_FRAME, 'latin1');
      at = frame.end;
    }
    return at;
  }

  private onPacket(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start];
    if (type === MESSAGE) this.onMessage(bytes, start + 1, end);
    else if (type === PING) this.socket.write(textFrame('3'), 'latin1');
    else if (type === OPEN) this.socket.write(textFrame('40'), 'latin1');
  }

  private onMessage(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start];
    if (type === EVENT) this.options.onEvent(bytes, start + 1, end);
    else if (type === ACK) this.onAck(bytes, start + 1, end);
    else if (type === CONNECT) this.resolveReady();
    else if (type === CONNECT_ERROR) this.lost(`refused: ${bytes.toString('latin1', start + 1, end)}`);
  }

  private onAck(bytes: Buffer, start: number, end: number): void {
    let at = start;
    let id = 0;
    for (let code = bytes[at] ?? 0; code >= ZERO && code <= NINE; code = bytes[at] ?? 0) {
      id = id * 10 + code - ZERO;
      at += 1;
    }
    this.options.onAck(id, bytes, at, end);
  }
}

function upgradeRequest(host: string, port: number): string {
  return [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '',
    '',
  ].join('\r\n');
}
