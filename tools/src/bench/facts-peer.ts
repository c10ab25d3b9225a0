import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { environmentOver } from '@parlance/config';
import { createDatabase, freePort } from '@parlance/persistence';
import { z } from 'zod';
import { endChild, whenReady } from './peer.js';
import type { Components } from './proc.js';

export interface FactsPeer {
  readonly name: string;
  readonly components: () => Components;
  readonly tell: (userId: string, facts: readonly object[]) => Promise<number>;
  stop(): Promise<void>;
}

const DATABASE = 'bench_facts_peer';
const answerShape = z.object({ counted: z.int() });

/** The peer as a process of its own, with a database of its own on the same server. */
export async function startFactsPeer(postgresUrl: string, postgresPid: number): Promise<FactsPeer> {
  const databaseUrl = await createDatabase(postgresUrl, DATABASE);
  const port = await freePort();
  const child = spawn(process.execPath, [fileURLToPath(new URL('./peer-facts.js', import.meta.url))], {
    env: environmentOver({ DATABASE_URL: databaseUrl, PORT: String(port) }),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await whenReady(child);
  return {
    name: 'peer',
    components: () => ({ server: [child.pid ?? 0], postgres: [postgresPid] }),
    tell: async (userId, facts) => {
      const response = await fetch(`http://127.0.0.1:${port}`, {
        method: 'POST',
        body: JSON.stringify({ userId, facts }),
      });
      return answerShape.parse(await response.json()).counted;
    },
    stop: async () => endChild(child),
  };
}
