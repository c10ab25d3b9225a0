import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { freePort } from '@parlance/persistence';
import { createProxyServer } from 'httpxy';

const LOOPBACK = '127.0.0.1';

/**
 * An address that stays while what is behind it is replaced, as a proxy's: each request and each new WebSocket goes to who stands there
 * then, and those under way end where they began.
 */
export class Door {
  private readonly proxy = createProxyServer({});
  private readonly server = createServer((request, response) => void this.request(request, response));
  private readonly sockets = new Set<Socket>();
  private target = '';

  private constructor(readonly url: string) {}

  static async open(): Promise<Door> {
    const port = await freePort();
    const door = new Door(`http://${LOOPBACK}:${port}`);
    door.server.on('upgrade', (request, socket, head) => void door.upgrade(request, socket, head));
    door.server.on('connection', (socket) => door.note(socket));
    door.server.listen(port, LOOPBACK);
    await once(door.server, 'listening');
    return door;
  }

  leadTo(url: string): void {
    this.target = url;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Those of WebSockets too, which a server does not close. */
  private note(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
  }

  private async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.proxy.web(request, response, { target: this.target });
    } catch {
      response.destroy(); // The client is told by what it sees, as when the connection itself breaks.
    }
  }

  private async upgrade(request: IncomingMessage, socket: unknown, head: Buffer): Promise<void> {
    if (!(socket instanceof Socket)) throw new TypeError('An upgraded connection is no socket.');
    try {
      await this.proxy.ws(request, socket, { target: this.target }, head);
    } catch {
      socket.destroy(); // As above.
    }
  }
}
