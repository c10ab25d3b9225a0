import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { dialects } from '@parlance/dialect-registry';
import { expect, it } from 'vitest';
import { createSocketServer } from './socket-server.js';

const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: here',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

it('a WebSocket is opened by one write: the answer to the upgrade and the first packet', async () => {
  const http = createServer();
  const io = createSocketServer(http, 1_024, dialects);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`${UPGRADE.join('\r\n')}\r\n\r\n`);
  const text = String(await once(socket, 'data'));
  socket.destroy();
  await io.close();
  expect(text).toMatch(/^HTTP\/1\.1 101 /);
  expect(text).toContain('0{"sid":');
});
