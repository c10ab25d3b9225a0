import { startServer, type ServerKind } from '@parlance/bootstrap';
import { freePort, startEmbeddedPostgres, type EmbeddedPostgresOptions } from '@parlance/persistence';
import type { Launched } from './part.js';

/** A server that the cluster starts for itself; after the first start it comes back on the same port. */
export interface Backing {
  /** Undefined before the first start. */
  readonly address: { readonly url: string; readonly port: number } | undefined;
  readonly launch: () => Promise<Launched>;
}

interface Server {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

const MAX_PORTS = 5;

/** A Redis or NATS of its own. */
export function privateServer(kind: ServerKind, file: string, folder: string): Backing {
  return backing(async (port) => {
    if (port !== undefined) return startServer(kind, file, { port, folder });
    return onFreePort((free) => startServer(kind, file, { port: free, folder }));
  });
}

export function embeddedPostgres(options: EmbeddedPostgresOptions): Backing {
  return backing(async (port) => startEmbeddedPostgres({ ...options, port }));
}

/** Somebody may take a port between the probe and its use; what fails every time has another reason. */
async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (let attempt = 0; attempt < MAX_PORTS; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function backing(start: (port: number | undefined) => Promise<Server>): Backing {
  let last: Server | undefined;
  return {
    get address() {
      return last;
    },
    launch: async () => {
      const server = await start(last?.port);
      last = server;
      const exited = server.exited.then((words) => ({ how: `ended (${words.slice(-120)})`, final: false }));
      return { pid: server.pid, ready: Promise.resolve(), exited, stop: async () => server.stop() };
    },
  };
}
