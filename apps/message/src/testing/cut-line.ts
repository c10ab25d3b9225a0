import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '@parlance/persistence';

/** A line to the database that can be cut after the server has done its work and before the client hears of it. */
export interface CutLine {
  /** the database's URL, through the line */
  readonly url: string;
  /** From now on the server's answers do not arrive. */
  mute(): void;
  /** Breaks every connection; later ones work. */
  cut(): void;
  close(): Promise<void>;
}

export async function openCutLine(databaseUrl: string): Promise<CutLine> {
  const target = new URL(databaseUrl);
  const port = await freePort();
  const sockets = new Set<Socket>();
  let muted = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.on('data', (data) => {
      if (!muted) client.write(data);
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.port = String(port);
  const cut = (): void => {
    muted = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    mute: () => {
      muted = true;
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
