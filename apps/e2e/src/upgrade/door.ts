import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@parlance/persistence';

const LOOPBACK = '127.0.0.1';

/** An address that stays while what is behind it is replaced, as a balancer's: who is connected stays with whom it met. */
export class Door {
  private readonly server = createServer((socket) => this.pass(socket));
  private readonly sockets = new Set<Socket>();
  private behind = 0;

  private constructor(readonly url: string) {}

  static async open(): Promise<Door> {
    const port = await freePort();
    const door = new Door(`http://${LOOPBACK}:${port}`);
    door.server.listen(port, LOOPBACK);
    await once(door.server, 'listening');
    return door;
  }

  /** Who connects from now on meets who listens at this port. */
  leadTo(port: number): void {
    this.behind = port;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pass(outside: Socket): void {
    const inside = connect(this.behind, LOOPBACK);
    for (const [one, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      this.sockets.add(one);
      one.pipe(other);
      // Why it broke is for the two sides to tell; what is left is that the other one learns of it.
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.end();
      });
    }
  }
}
