import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface S3Server {
  readonly url: string;
  readonly bucket: string;
  /** the one key that the server knows */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  close(): Promise<void>;
}

interface S3rver {
  callback(): RequestListener;
  configureBuckets(): Promise<void>;
}
type S3rverClass = new (options: object) => S3rver;

const BUCKET = 'uploads';
const TRIES = 50;
const [FIRST_PORT, LAST_PORT] = [10_000, 32_000];

/**
 * `s3rver`: an S3-compatible server, on a port below the ephemeral range. It knows keys and expiry but does not verify the signatures of
 * version 4. It has no types.
 */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'parlance-s3-'));
  const load: (name: string) => unknown = createRequire(import.meta.url);
  const S3 = load('s3rver') as S3rverClass;
  const store = new S3({ silent: true, directory, vhostBuckets: false, configureBuckets: [{ name: BUCKET }] });
  await store.configureBuckets();
  const server = createServer(store.callback());
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    bucket: BUCKET,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    server.removeAllListeners('error');
    if (isFree) return port;
  }
  throw new Error('No free port was found for the S3 server.');
}
