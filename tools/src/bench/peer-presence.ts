/**
 * What presence is measured against: a bare Socket.IO server in one process. Whoever says its name is believed, and one watcher is told
 * of it; nothing is stored, checked or limited, and no grace is given. Talks the bench's subset of the minchat wire. Tells its parent
 * when it listens; ends with it.
 */
import { createServer } from 'node:http';
import { environmentOver } from '@parlance/config';
import { Server, type Socket } from 'socket.io';
import { z } from 'zod';
import { watcherOf } from './presence-names.js';

const identifySchema = z.object({ channelUserId: z.string() });
const watchers = new Map<string, Socket>();

type Ack = (answer: object) => void;

function tell(memberId: string, status: 'online' | 'offline'): void {
  watchers.get(watcherOf(memberId) ?? '')?.emit('user.status', { memberId, status });
}

function serve(socket: Socket): void {
  socket.on('room.user.join', (payload: unknown, ack: Ack) => {
    const { channelUserId } = identifySchema.parse(payload);
    ack({ success: true });
    if (watcherOf(channelUserId) === null) return void watchers.set(channelUserId, socket);
    tell(channelUserId, 'online');
    socket.on('disconnect', () => tell(channelUserId, 'offline'));
  });
}

const http = createServer();
new Server(http, { transports: ['websocket'], serveClient: false }).on('connection', serve);
http.listen({ port: Number(environmentOver({})['PORT']), host: '127.0.0.1', backlog: 4_096 }, () =>
  process.send?.('ready'),
);
process.on('disconnect', () => process.exit(0));
