import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { dialects } from '@parlance/dialect-registry';
import type { Server } from 'socket.io';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSocketServer } from './socket-server.js';

const PAGE = 'https://page.example';
const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: here',
  `Origin: ${PAGE}`,
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

let http: HttpServer;
let io: Server;
let port: number;
beforeAll(async () => {
  http = createServer();
  io = createSocketServer(http, 1_024, dialects);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  ({ port } = http.address() as AddressInfo);
});
afterAll(() => io.close());

it('a WebSocket of a page elsewhere is opened by one write: the answer to the upgrade and the first packet', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${UPGRADE.join('\r\n')}\r\n\r\n`);
  const text = String(await once(socket, 'data'));
  socket.destroy();
  expect(text).toMatch(/^HTTP\/1\.1 101 /);
  expect(text).toContain('0{"sid":');
});

it.each(['GET', 'OPTIONS'])('a page elsewhere may poll: %s', async (method) => {
  const answer = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`, {
    method,
    headers: { origin: PAGE, 'access-control-request-method': 'GET' },
  });
  await answer.text();
  expect(answer.ok).toBe(true);
  expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
});
