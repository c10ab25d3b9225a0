import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { Encoder, PacketType } from 'socket.io-parser';

/**
 * Everything that Parlance knows of the insides of Socket.IO 4.8.4, Engine.IO 6.6.11 and ws 8 stands in this file and is held by
 * `socket-internals.int.spec.ts` over clients 2.5 and 4.8. The versions are pinned exactly.
 */

/** The net.Socket below a WebSocket, as far as corking needs it. */
interface RawSocket {
  cork(): void;
  uncork(): void;
}

interface WebSocketLike {
  readonly _socket?: RawSocket;
  readonly bufferedAmount: number;
  readonly _receiver?: WebSocketReceiver;
  on(event: 'message' | 'close', listener: () => void): void;
  terminate(): void;
}

/** `_totalPayloadLength`: of the frame whose header has come, its fragments added up, before any of it is buffered. */
interface WebSocketReceiver {
  _maxPayload: number;
  readonly _totalPayloadLength: number;
}

interface EngineTransport {
  readonly name: string;
  readonly socket?: WebSocketLike;
  send(packets: readonly OutgoingPacket[]): void;
}

interface EnginePacket {
  readonly type: string;
  readonly data?: string | Buffer;
}

interface OutgoingPacket extends EnginePacket {
  options?: WriteOptions;
}

interface WriteOptions {
  readonly compress?: boolean;
  readonly wsPreEncodedFrame?: readonly Buffer[];
}

/** One Engine.IO connection: the transport-independent pipe under the namespaces of one client. */
export interface EngineConnection {
  readonly id: string;
  /** 3 = clients of the socket.io-client 2.x era, 4 = newer */
  readonly protocol: number;
  readonly readyState: string;
  readonly writeBuffer: readonly EnginePacket[];
  readonly transport: EngineTransport;
  on(event: 'packetCreate', listener: (packet: EnginePacket) => void): void;
  on(event: 'upgrade', listener: (transport: EngineTransport) => void): void;
  on(event: 'heartbeat' | 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
  write(data: string, options: WriteOptions): void;
  sendPacket(type: 'ping'): void;
  close(discard?: boolean): void;
}

export function engineOf(socket: Socket): EngineConnection {
  return socket.conn as unknown as EngineConnection;
}

/** Calls back with each new Engine.IO connection, before its first packet is read. */
export function onEngineConnection(io: Server, listener: (connection: EngineConnection) => void): void {
  io.engine.on('connection', (connection: unknown) => listener(connection as EngineConnection));
}

interface EngineNaming {
  generateId(request: { readonly _query?: { readonly transport?: unknown } }): string;
}

/**
 * Names each new Engine.IO connection that begins by polling: its client brings the name back as `sid` with every later request. One that
 * begins as a WebSocket stays what it is, and keeps Engine.IO's own name.
 */
export function nameEngines(io: Server, name: () => string): void {
  const engine = io.engine as unknown as EngineNaming;
  const own = engine.generateId.bind(engine);
  engine.generateId = (request) => (request._query?.transport === 'websocket' ? own(request) : name());
}

export function hasEngine(io: Server, id: string): boolean {
  return Object.hasOwn((io.engine as unknown as { readonly clients: object }).clients, id);
}

type EngineMiddleware = (request: IncomingMessage, response: unknown, next: (error?: unknown) => void) => void;

/** Engine.IO answers CORS in a middleware, also to an upgrade, of which no browser asks it: that is left out. */
export function skipUpgrades(io: Server): void {
  const engine = io.engine as unknown as { middlewares: EngineMiddleware[] };
  engine.middlewares = engine.middlewares.map((one) => (request, response, next) => {
    if (request.headers.upgrade === undefined) one(request, response, next);
    else next();
  });
}

/**
 * Puts Parlance's own session token in the CONNECT packet's `pid`; socket.io-client >= 4.6 brings it back as `auth.pid` when it
 * reconnects. Must run in a namespace middleware, before the packet is written. EIO 3 has no place for it.
 */
export function setSessionToken(socket: Socket, token: string): void {
  (socket as unknown as { pid: string }).pid = token;
}

/** A frame encoded once for every socket of one namespace. */
export interface EncodedFrame {
  readonly packet: string;
  readonly options: WriteOptions;
}

const encoder = new Encoder();
const ENGINE_MESSAGE = '4';

/** Null when the arguments carry binary data, which takes several packets: such a frame is emitted per socket. */
export function encodeFrame(namespace: string, event: string, args: readonly unknown[]): EncodedFrame | null {
  const encoded: readonly unknown[] = encoder.encode({
    type: PacketType.EVENT,
    nsp: namespace,
    data: [event, ...args],
  });
  const [packet] = encoded;
  if (encoded.length !== 1 || typeof packet !== 'string') return null;
  return { packet, options: { compress: false, wsPreEncodedFrame: [webSocketTextFrame(ENGINE_MESSAGE + packet)] } };
}

/** RFC 6455 section 5.2: one unfragmented, unmasked text frame. */
export function webSocketTextFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = 0x81;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header);
  return frame;
}

/** Writes an encoded frame to one socket; nothing happens when its transport is closing. */
export function writeEncoded(socket: Socket, frame: EncodedFrame): void {
  const engine = engineOf(socket);
  if (engine.readyState !== 'open') return;
  engine.write(frame.packet, { ...frame.options });
}

/**
 * Corks each WebSocket from its first write of an event-loop turn to the turn's end, so that all frames of the turn leave in one
 * writev (performance.md: it is the way past bare Socket.IO). The answer to the upgrade takes the first frame along.
 */
export function corkWrites(io: Server, http: HttpServer): void {
  let corked: RawSocket[] = [];
  const marked = new Set<RawSocket>();
  const release = (): void => {
    const batch = corked;
    corked = [];
    marked.clear();
    for (const raw of batch) raw.uncork();
  };
  const cork = (raw: RawSocket): void => {
    if (marked.has(raw)) return;
    marked.add(raw);
    raw.cork();
    if (corked.push(raw) === 1) setImmediate(release);
  };
  const wrap = (transport: EngineTransport): void => {
    if (transport.name !== 'websocket') return;
    const send = transport.send.bind(transport);
    transport.send = (packets) => {
      const raw = transport.socket?._socket;
      if (raw !== undefined) cork(raw);
      for (const packet of packets) frame(packet);
      send(packets);
    };
  };
  http.prependListener('upgrade', (_, raw: RawSocket) => cork(raw));
  onEngineConnection(io, (connection) => {
    wrap(connection.transport);
    connection.on('upgrade', wrap);
  });
}

/** A text message as one buffer: the parts in which ws would write it cost more than the copy. */
function frame(packet: OutgoingPacket): void {
  const { type, data, options } = packet;
  if (type !== 'message' || typeof data !== 'string' || options?.wsPreEncodedFrame !== undefined) return;
  packet.options = { ...options, wsPreEncodedFrame: [webSocketTextFrame(ENGINE_MESSAGE + data)] };
}

/** Bytes and packets that wait for a client that does not read; a polling client's wait in Engine.IO's own buffer. */
export function backlogOf(engine: EngineConnection): { readonly bytes: number; readonly packets: number } {
  let bytes = engine.transport.socket?.bufferedAmount ?? 0;
  for (const { data } of engine.writeBuffer) bytes += data?.length ?? 0;
  return { bytes, packets: engine.writeBuffer.length };
}

/** Drops the connection without waiting for what is buffered: its client reconnects and resumes. */
export function abandon(engine: EngineConnection): void {
  const socket = engine.transport.socket;
  engine.close(true);
  socket?.terminate();
}

/** Closes in order, after what is buffered; the client sees `transport close` and reconnects. */
export function closeTransport(engine: EngineConnection): void {
  engine.close();
}

/** `mark`: a ping (EIO 3: a pong) is being written. `confirm`: the oldest mark that is not answered yet was answered. */
export interface HeartbeatWatcher {
  mark(): void;
  confirm(): void;
}

/**
 * Tells what a client has surely handled (guarantees.md P4). EIO 4: the server's pings travel in order behind what was written before,
 * and the client's script answers each with one pong, so the k-th heartbeat confirms what was written before the k-th ping. EIO 3: the
 * client pings; its ping k+1 comes after it handled our pong k. Counted from the first packet on, so that the answer to an older
 * ping never confirms what a namespace wrote since.
 */
class Heartbeats {
  /** per watcher the marks that were written before it came */
  private readonly watchers = new Map<HeartbeatWatcher, number>();
  private written = 0;
  private answered = 0;
  private probed = 0;

  constructor(private readonly engine: EngineConnection) {
    const marker = engine.protocol === 3 ? 'pong' : 'ping';
    engine.on('packetCreate', (packet) => {
      if (packet.type !== marker) return;
      this.written += 1;
      for (const watcher of this.watchers.keys()) watcher.mark();
    });
    engine.on('heartbeat', () => this.heard());
  }

  watch(watcher: HeartbeatWatcher): () => void {
    this.watchers.set(watcher, this.written);
    return () => this.watchers.delete(watcher);
  }

  probe(): Probe {
    if (this.engine.protocol === 3 || this.engine.readyState !== 'open') return 'impossible';
    if (this.answered < this.probed) return 'outstanding';
    this.engine.sendPacket('ping');
    this.probed = this.written;
    return 'sent';
  }

  private heard(): void {
    // EIO 3: Engine.IO writes the pong of this very ping before it tells of the heartbeat, and that mark is not answered yet.
    const answerable = this.engine.protocol === 3 ? this.written - 1 : this.written;
    if (this.answered >= answerable) return;
    this.answered += 1;
    for (const [watcher, before] of this.watchers) if (this.answered > before) watcher.confirm();
  }
}

const heartbeats = new WeakMap<EngineConnection, Heartbeats>();

function heartbeatsOf(engine: EngineConnection): Heartbeats {
  const known = heartbeats.get(engine);
  if (known !== undefined) return known;
  const made = new Heartbeats(engine);
  heartbeats.set(engine, made);
  return made;
}

/** Counts the heartbeats of each connection from its beginning. */
export function countHeartbeats(io: Server): void {
  onEngineConnection(io, (connection) => void heartbeatsOf(connection));
}

/** The answer ends it. */
export function watchHeartbeats(engine: EngineConnection, watcher: HeartbeatWatcher): () => void {
  return heartbeatsOf(engine).watch(watcher);
}

/** `outstanding`: the last one is not answered yet, and one at a time is enough. `impossible`: EIO 3, or closing. */
export type Probe = 'sent' | 'outstanding' | 'impossible';

/** An extra ping, so that what was just written is confirmed within a round trip instead of an interval. EIO 4 only. */
export function probe(engine: EngineConnection): Probe {
  return heartbeatsOf(engine).probe();
}

/** What arriving frames of one connection hold of the gateway's budget. `settle`: all that arrived is answered. `end`: small frames again. */
export interface FrameCharge {
  settle(): void;
  end(): void;
}

/**
 * Lets frames of up to `max` bytes in; what is longer than `base` is charged when its header announces it, and given back by `settle`. A
 * longer one, or one for which `take` throws, closes the connection with 1009, as any oversized frame does. Null for polling, which keeps its limit.
 */
export function raiseFrameLimit(
  engine: EngineConnection,
  base: number,
  max: number,
  take: (bytes: number) => () => void,
): FrameCharge | null {
  const { socket } = engine.transport;
  const receiver = socket?._receiver;
  if (socket === undefined || receiver === undefined) return null;
  let arriving: { readonly bytes: number; readonly giveBack: () => void } | null = null;
  const held: (() => void)[] = [];
  const settle = (): void => {
    for (const giveBack of held.splice(0)) giveBack();
  };
  const admit = (): number => {
    const total = receiver._totalPayloadLength;
    if (total <= base || total > max) return total <= base ? base : max;
    if (arriving !== null && arriving.bytes >= total) return max;
    try {
      const giveBack = take(total);
      arriving?.giveBack();
      arriving = { bytes: total, giveBack };
      return max;
    } catch {
      // The budget is used up: refused as too large, and the client comes again.
      return base;
    }
  };
  Object.defineProperty(receiver, '_maxPayload', { configurable: true, get: admit });
  socket.on('message', () => {
    if (arriving !== null) held.push(arriving.giveBack);
    arriving = null;
  });
  socket.on('close', () => {
    arriving?.giveBack();
    settle();
  });
  return {
    settle,
    end: () => Object.defineProperty(receiver, '_maxPayload', { configurable: true, writable: true, value: base }),
  };
}
