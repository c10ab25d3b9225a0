import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { Socket as NetSocket } from 'node:net';
import type { Sealer } from '@parlance/auth';
import type { Logger } from '@parlance/observability';
import { createProxyServer } from 'httpxy';
import type { Server } from 'socket.io';
import { hasEngine, nameEngines } from './socket-internals.js';

/** Beyond a long poll, which is answered by the next ping at the latest. */
const TIMEOUT_MS = 30_000;
const UPGRADE_TIMEOUT_MS = 10_000;
/** Says that a gateway sent the request on: it goes no further. */
const FORWARDED = 'x-parlance-forwarded';
const NAME_BYTES = 12;
/** Longer names are not ours. */
const MAX_NAME = 512;

export interface PeerPorts {
  readonly http: HttpServer;
  readonly io: Server;
  readonly sealer: Sealer;
  /** where other gateways reach this one */
  readonly ownUrl: string;
  /** Requests and sockets under way at others for clients that came here; more are answered 503. */
  readonly maxForwarded: number;
  readonly logger: Logger;
}

/**
 * Lets a client's requests come in at any gateway (design.md section 3): the Engine.IO id of one that polls holds the URL of its gateway, sealed, so
 * that a polling or upgrade request which a balancer brought elsewhere is handed to where it belongs. A gateway that is gone answers
 * as Engine.IO does for an unknown id, and the client connects anew. Call when Socket.IO is attached to `http`.
 */
export function forwardToPeers(ports: PeerPorts): void {
  const { http, io, sealer, ownUrl } = ports;
  nameEngines(io, () => sealer.seal(`${randomBytes(NAME_BYTES).toString('hex')} ${ownUrl}`));
  const peers = new Peers(ports);
  const ownerOf = (request: IncomingMessage): string | null => {
    const id = engineIdOf(request, io.path());
    if (id === null || hasEngine(io, id) || request.headers[FORWARDED] !== undefined) return null;
    const owner = sealer.open(id)?.split(' ')[1];
    return owner === undefined || owner === ownUrl ? null : owner;
  };
  divert(http, 'request', (request: IncomingMessage, response: ServerResponse) => {
    const owner = ownerOf(request);
    if (owner !== null) peers.request(owner, request, response);
    return owner !== null;
  });
  divert(http, 'upgrade', (request: IncomingMessage, socket: NetSocket, head: Buffer) => {
    const owner = ownerOf(request);
    if (owner !== null) peers.upgrade(owner, request, socket, head);
    return owner !== null;
  });
}

/** Puts a listener before those that are there: they are asked only when it did not take the event. */
function divert<Args extends unknown[]>(http: HttpServer, event: string, taken: (...args: Args) => boolean): void {
  const others = http.listeners(event);
  http.removeAllListeners(event);
  http.on(event, (...args: Args) => {
    if (!taken(...args)) for (const other of others) Reflect.apply(other, http, args);
  });
}

function engineIdOf({ url = '' }: IncomingMessage, path: string): string | null {
  if (!url.startsWith(path)) return null;
  const id = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('sid');
  return id === null || id.length > MAX_NAME ? null : id;
}

class Peers {
  private readonly proxy = createProxyServer({
    xfwd: true,
    headers: { [FORWARDED]: '1' },
    agent: new Agent({ keepAlive: true }),
    proxyTimeout: TIMEOUT_MS,
    upgradeTimeout: UPGRADE_TIMEOUT_MS,
  });
  private forwarded = 0;

  constructor(private readonly ports: PeerPorts) {}

  request(owner: string, request: IncomingMessage, response: ServerResponse): void {
    if (!this.enter(response)) return answer(response, 503, { message: 'Too much is handed on here. Try again.' });
    this.proxy.web(request, response, { target: owner }).catch((err: unknown) => {
      this.failed(owner, err);
      if (response.headersSent) response.destroy();
      else answer(response, 400, UNKNOWN_SID);
    });
  }

  upgrade(owner: string, request: IncomingMessage, socket: NetSocket, head: Buffer): void {
    if (!this.enter(socket)) return void socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    this.proxy.ws(request, socket, { target: owner }, head).catch((err: unknown) => {
      this.failed(owner, err);
      socket.destroy();
    });
  }

  private enter(ending: NodeJS.EventEmitter): boolean {
    if (this.forwarded >= this.ports.maxForwarded) return false;
    this.forwarded += 1;
    ending.once('close', () => (this.forwarded -= 1));
    return true;
  }

  private failed(peer: string, err: unknown): void {
    this.ports.logger.info({ code: 'peer-away', peer, err }, 'a request for another gateway could not be handed on');
  }
}

/** What Engine.IO says of an id it does not know. */
const UNKNOWN_SID = { code: 1, message: 'Session ID unknown' };

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
