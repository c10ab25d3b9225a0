/**
 * What Parlance is measured against: what a team writes first. One process, Socket.IO, one INSERT per message, acknowledged when it is
 * stored. No rights, no limits, no order beyond what happens, one server. Talks the bench's subset of the minchat wire, so that both
 * sides carry the same bytes. Reads DATABASE_URL; tells its parent the port it listens on; ends with it.
 */
import { createServer } from 'node:http';
import { environmentOver } from '@parlance/config';
import pg from 'pg';
import { Server, type Socket } from 'socket.io';
import { z } from 'zod';

const POOL = 10;
const TABLE = `create table if not exists message (
  id bigint generated always as identity primary key, chat_id text not null, user_id text not null, body text not null,
  created_at timestamptz not null default now());
  create index if not exists message_chat on message (chat_id, id desc)`;
const INSERT = {
  name: 'insert',
  text: 'insert into message (chat_id, user_id, body) values ($1, $2, $3) returning id, created_at',
};

const joinSchema = z.object({ channelId: z.string() });
const identifySchema = z.object({ channelUserId: z.string() });
const messageSchema = z.object({ chat_id: z.string(), user_id: z.string(), text: z.string().max(20_000) });
const storedSchema = z.tuple([z.object({ id: z.string(), created_at: z.date() })]);

type Ack = (answer: object) => void;

const pool = new pg.Pool({ connectionString: environmentOver({})['DATABASE_URL'], max: POOL });
await pool.query(TABLE);

async function store(payload: unknown) {
  const message = messageSchema.parse(payload);
  const { rows } = await pool.query({ ...INSERT, values: [message.chat_id, message.user_id, message.text] });
  const [{ id, created_at }] = storedSchema.parse(rows);
  return { ...message, id, created_at: created_at.toISOString() };
}

function serve(socket: Socket): void {
  socket.on('room.user.join', (payload: unknown, ack: Ack) => {
    identifySchema.parse(payload);
    ack({ success: true });
  });
  socket.on('room.join', (payload: unknown, ack: Ack) => {
    void socket.join(joinSchema.parse(payload).channelId);
    ack({ success: true });
  });
  socket.on('message', (payload: unknown, ack: Ack) => {
    store(payload).then(
      (message) => {
        socket.to(message.chat_id).emit('message', { success: true, ...message });
        ack({ success: true, ...message });
      },
      (error: unknown) => ack({ success: false, message: String(error) }),
    );
  });
}

const http = createServer();
new Server(http, { transports: ['websocket'], serveClient: false }).on('connection', serve);
http.listen({ port: Number(environmentOver({})['PORT']), host: '127.0.0.1', backlog: 4_096 }, () =>
  process.send?.('ready'),
);
process.on('disconnect', () => process.exit(0));
