import { createServer } from 'node:net';
import { DatabaseError, errorCode } from './database-error.js';

const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 50;

/**
 * A port of 127.0.0.1 that nobody listens on, between 10000 and 32000: Linux hands out higher ones to outgoing connections,
 * which can take the port between this probe and its use. `random` returns a number in [0, 1).
 */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const port = FIRST_PORT + Math.floor(random() * (LAST_PORT - FIRST_PORT));
    if (await canListen(port)) return port;
  }
  throw new DatabaseError(
    'port-taken',
    `No free port found between ${FIRST_PORT} and ${LAST_PORT} on 127.0.0.1 after ${MAX_TRIES} tries.`,
  );
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
