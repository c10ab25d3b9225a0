import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from '@parlance/persistence';

const CLIENT = dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json'));
const FILES: Readonly<Record<string, readonly [type: string, file: string]>> = {
  '/': ['text/html', join(import.meta.dirname, 'phone.html')],
  '/socket.io.js': ['text/javascript', join(CLIENT, 'dist/socket.io.min.js')],
};

export interface PhoneServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the phone's page from an origin of its own, as the app of a tenant has one. */
export async function servePhones(): Promise<PhoneServer> {
  const server = createServer(({ url = '/' }, response) => {
    const found = FILES[new URL(url, 'http://page').pathname];
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.[0] ?? 'text/plain' });
    response.end(found === undefined ? '' : readFileSync(found[1]));
  });
  const port = await freePort();
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
