import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentOver } from '@parlance/config';
import { createDatabase, freePort } from '@parlance/persistence';
import type { ChatSystem, Pair } from './chat-system.js';

export interface Peer extends ChatSystem {
  stop(): Promise<void>;
}

const DATABASE = 'bench_peer';

/** The peer as a process of its own, with a database of its own on the same server. */
export async function startPeer(postgresUrl: string, postgresPid: number, pairs: number): Promise<Peer> {
  const databaseUrl = await createDatabase(postgresUrl, DATABASE);
  const port = await freePort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('./peer-single-insert.js', import.meta.url))], {
    env: environmentOver({ DATABASE_URL: databaseUrl, PORT: String(port) }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await whenReady(child);
  const url = `http://127.0.0.1:${port}`;
  return {
    name: 'peer',
    urls: [url, url],
    apiKey: 'none',
    order: 'unordered',
    pairs: Array.from({ length: pairs }, (_, index) => pairOf(index)),
    components: () => ({ server: [child.pid ?? 0], postgres: [postgresPid] }),
    stop: async () => endChild(child),
  };
}

function pairOf(index: number): Pair {
  // As long as the ids on the other side.
  const roomId = String(index).padStart(24, '0');
  return { senderId: `bench-${2 * index}`, receiverId: `bench-${2 * index + 1}`, roomId };
}

/** When it says so; or the error that it ended before. */
export async function whenReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The peer ended with code ${code ?? 'none'} while it started.`)));
  });
}

/** Resolves when it has ended. */
export async function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
