import type { ActionContext, Actions, Caller, ConnectionIntent, Directory } from '@parlance/actions';
import { actingUser, busActions, roomNotFound } from '@parlance/actions';
import type { RoomStamp, Signal } from '@parlance/domain';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import type { Connection } from './connection.js';
import type { SendLanes } from './send-lanes.js';

/** A send is answered, or fails with a retryable code, within twice this, ms. */
const SEND_TRY_MS = 1_400;
const SEND_TRIES = 2;

export interface ConnectionPorts extends ActionContext {
  readonly directory: Directory;
  readonly mayHear: (connection: Connection, room: RoomStamp) => boolean;
  readonly emitSignal: (signal: Signal) => void;
  readonly leave: (connection: Connection) => void;
  readonly now: () => number;
}

/** All that a live connection may ask for: what any edge can do over the bus, and what concerns the connection itself. */
export function connectionActions(ports: ConnectionPorts, connection: Connection, lanes: SendLanes): Actions {
  const bus = busActions(ports);
  return { ...bus, ...ownActions(ports, connection), 'message.send': orderedSend(ports, bus['message.send'], lanes) };
}

/**
 * Keeps the order of one connection's messages in a room, and repeats a send that got no answer once, with the same client id, so
 * that a message service that dies in between costs the client nothing.
 */
function orderedSend(ports: ConnectionPorts, send: Actions['message.send'], lanes: SendLanes): Actions['message.send'] {
  return (caller, intent) => {
    const clientMessageId = intent.clientMessageId ?? ports.newId();
    const attempt = (): ReturnType<typeof send> => send(caller, { ...intent, clientMessageId }, SEND_TRY_MS);
    return lanes.run(intent.room, () => repeated(attempt));
  };
}

async function repeated<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const retry = error instanceof ParlanceError && error.code === 'unavailable' && tries < SEND_TRIES;
      if (!retry) throw error;
    }
  }
}

function ownActions(ports: ConnectionPorts, connection: Connection): Pick<Actions, ConnectionIntent> {
  const heardRoom = async (caller: Caller, key: string): Promise<RoomStamp> => {
    actingUser(caller);
    const room = await ports.directory.room(caller.tenant.id, key);
    if (!ports.mayHear(connection, room)) throw roomNotFound();
    return room;
  };
  const signalBase = (caller: Caller, room: RoomStamp) => ({
    tenantId: caller.tenant.id,
    room,
    user: snapshotOf(actingUser(caller)),
    origin: connection.sessionId,
  });

  return {
    'session.identify': (caller) => Promise.resolve({ user: actingUser(caller) }),
    'session.leave': (caller) => {
      actingUser(caller);
      ports.leave(connection);
      return Promise.resolve({});
    },
    'room.open': async (caller, { room }) => {
      const stamp = await heardRoom(caller, room);
      if (connection.open.size >= MAX_OPEN_ROOMS) throw new ParlanceError('rate-limited', 'Too many rooms are open.');
      connection.open.add(stamp.id);
      return { room: stamp };
    },
    'room.close': async (caller, { room }) => {
      connection.open.delete((await ports.directory.room(caller.tenant.id, room)).id);
      return {};
    },
    'typing.set': async (caller, { room, status, text }) => {
      const stamp = await heardRoom(caller, room);
      ports.emitSignal({ type: 'typing.changed', ...signalBase(caller, stamp), status, text: text ?? null });
      return {};
    },
    'refresh.request': async (caller, { room }) => {
      const stamp = await heardRoom(caller, room);
      ports.emitSignal({ type: 'refresh.requested', ...signalBase(caller, stamp) });
      return {};
    },
    'presence.show': async (caller, { online }) => {
      const user = actingUser(caller);
      const lastSeenAt = online ? user.lastSeenAt : new Date(ports.now()).toISOString();
      for (const roomId of connection.open) {
        const room = await ports.directory.room(caller.tenant.id, roomId);
        ports.emitSignal({ type: 'presence.shown', ...signalBase(caller, room), online, lastSeenAt });
      }
      return { user, online, lastSeenAt };
    },
  };
}

/** Rooms one connection may show at once. */
export const MAX_OPEN_ROOMS = 1_000;
