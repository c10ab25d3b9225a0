import type { ActionContext, Actions, Caller, ConnectionIntent, Directory } from '@parlance/actions';
import { actingUser, busActions, SILENCE_MS } from '@parlance/actions';
import { getRoom } from '@parlance/contracts';
import type { RoomStamp, Signal } from '@parlance/domain';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import type { Connection } from './connection.js';
import type { TypingRequest } from './presence/typing-desk.js';
import { SendLanes } from './send-lanes.js';

/** A send is answered, or fails with a retryable code, within this, its wait for those before it included, ms. */
const SEND_MS = 2_800;
const SEND_TRIES = 2;
/** A first try takes at most half of it. */
const SEND_TRY_MS = SEND_MS / SEND_TRIES;
const MIN_TRY_MS = 50;

export interface ConnectionPorts extends ActionContext {
  readonly directory: Directory;
  readonly mayHear: (connection: Connection, room: RoomStamp) => boolean;
  readonly emitSignal: (signal: Signal) => void;
  /** Errors: `rate-limited`. */
  readonly setTyping: (connection: Connection, request: TypingRequest) => void;
  /** Too many members for what is told to everybody in it all the time. */
  readonly isLargeRoom: (tenantId: string, room: RoomStamp) => Promise<boolean>;
  /** Whether its user is seen to be online by this connection. */
  readonly show: (connection: Connection) => void;
  readonly hide: (connection: Connection) => void;
  readonly isShown: (connection: Connection) => boolean;
  readonly leave: (connection: Connection) => Promise<void>;
  /** Settles when the connection's session is stored as it is now. Errors: `unavailable`. */
  readonly save: (connection: Connection) => Promise<void>;
  readonly now: () => number;
}

/** All that a live connection may ask for: what any edge can do over the bus, and what concerns the connection itself. */
export function connectionActions(ports: ConnectionPorts): (connection: Connection) => Actions {
  const bus = busActions(ports);
  return (connection) => actionsOf(ports, bus, connection, new SendLanes());
}

type BusActions = ReturnType<typeof busActions>;

const inheriting: <T extends object>(from: T) => T = Object.create;

/** The connection's own actions over those of the bus, which all connections share: a copy of them is 19 KB. */
function actionsOf(ports: ConnectionPorts, bus: BusActions, connection: Connection, lanes: SendLanes): Actions {
  return Object.assign(inheriting(bus), {
    ...ownActions(ports, connection),
    'message.send': orderedSend(ports, bus['message.send'], lanes),
    'presence.find': selfKnowing(ports, bus['presence.find'], connection),
  });
}

/** Whoever asks is there, though the presence service may learn of it a moment later. */
function selfKnowing(
  ports: ConnectionPorts,
  find: Actions['presence.find'],
  connection: Connection,
): Actions['presence.find'] {
  return async (caller, intent) => {
    const { found } = await find(caller, intent);
    const self = ports.isShown(connection) ? caller.user?.id : undefined;
    return {
      found: found.map((one) => (self !== undefined && one.user?.id === self ? { ...one, online: true } : one)),
    };
  };
}

/**
 * Keeps the order of one connection's messages in a room, and repeats a send that got no answer once, with the same client id, so
 * that a message service that dies in between costs the client nothing.
 */
function orderedSend(ports: ConnectionPorts, send: Actions['message.send'], lanes: SendLanes): Actions['message.send'] {
  return async (caller, intent) => {
    actingUser(caller);
    const clientMessageId = intent.clientMessageId ?? ports.newId();
    const deadline = ports.now() + SEND_MS;
    const within = async <T>(attempt: (timeoutMs: number) => Promise<T>): Promise<T> => {
      const left = deadline - ports.now();
      if (left < MIN_TRY_MS) throw new ParlanceError('unavailable', 'It took too long. Send it again.');
      return attempt(Math.min(left, SEND_TRY_MS));
    };
    const room = (timeoutMs: number) => ports.directory.room(caller.tenant.id, intent.room, timeoutMs);
    return lanes.run(
      () => laneOf(intent.room, () => repeated(() => within(room))),
      () => repeated(() => within((timeoutMs) => send(caller, { ...intent, clientMessageId }, timeoutMs))),
    );
  };
}

/** The room's id, however the client spells it. A room that does not exist is for the send itself to refuse, in its own words. */
async function laneOf(key: string, find: () => Promise<RoomStamp>): Promise<string> {
  try {
    return (await find()).id;
  } catch (error) {
    if (error instanceof ParlanceError && error.code === 'not-found') return key;
    throw error;
  }
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

/** A connection's typing takes the way of its other signals, which is cheaper than the bus. */
function ownActions(ports: ConnectionPorts, connection: Connection): Pick<Actions, ConnectionIntent | 'typing.set'> {
  const heardRoom = async (caller: Caller, key: string): Promise<RoomStamp> => {
    const { id: viewerId } = actingUser(caller);
    const tenantId = caller.tenant.id;
    const room = await ports.directory.room(tenantId, key);
    // The fact of an own join may be a moment behind the answer to the request that made it: the store knows.
    if (!ports.mayHear(connection, room)) await ports.bus.request(getRoom, { tenantId, viewerId, roomId: room.id });
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
    'session.leave': async (caller) => {
      actingUser(caller);
      await ports.leave(connection);
      return {};
    },
    'room.open': async (caller, { room }) => {
      const stamp = await heardRoom(caller, room);
      if (connection.open.size >= MAX_OPEN_ROOMS) throw new ParlanceError('rate-limited', 'Too many rooms are open.');
      if (!connection.open.has(stamp.id)) {
        connection.open.add(stamp.id);
        connection.shown.changed += 1;
      }
      await storeShown(ports, connection);
      return { room: stamp };
    },
    'room.close': async (caller, { room }) => {
      if (connection.open.delete((await ports.directory.room(caller.tenant.id, room)).id))
        connection.shown.changed += 1;
      await storeShown(ports, connection);
      return {};
    },
    'typing.set': async (caller, { room, status, text, endsBySilence }) => {
      const stamp = await heardRoom(caller, room);
      if (await ports.isLargeRoom(caller.tenant.id, stamp)) return {};
      const { origin: _, ...who } = signalBase(caller, stamp);
      const lastsMs = endsBySilence === true ? SILENCE_MS : undefined;
      if (connection.state === 'live') {
        ports.setTyping(connection, { ...who, status, text: text ?? null, lastsMs });
      }
      return {};
    },
    'refresh.request': async (caller, { room }) => {
      const stamp = await heardRoom(caller, room);
      ports.emitSignal({ type: 'refresh.requested', ...signalBase(caller, stamp) });
      return {};
    },
    'presence.show': async (caller, { online }) => {
      const user = actingUser(caller);
      if (!online) {
        // Whether its user is gone by that is for the presence service to say: there may be another device.
        ports.hide(connection);
        return { user, online, lastSeenAt: new Date(ports.now()).toISOString() };
      }
      ports.show(connection);
      for (const roomId of connection.open) {
        const room = await ports.directory.room(caller.tenant.id, roomId);
        if (await ports.isLargeRoom(caller.tenant.id, room)) continue;
        ports.emitSignal({ type: 'presence.shown', ...signalBase(caller, room), online, lastSeenAt: user.lastSeenAt });
      }
      return { user, online, lastSeenAt: user.lastSeenAt };
    },
  };
}

/**
 * Which rooms are open is stored before that is confirmed, to whoever asks and however often: a client that resumes after this gateway's
 * sudden death does not open its rooms again. What cannot be stored holds here all the same, and is stored with the next beat.
 */
async function storeShown(ports: ConnectionPorts, connection: Connection): Promise<void> {
  const { shown } = connection;
  const { changed } = shown;
  if (shown.stored >= changed) return;
  await repeated(() => ports.save(connection));
  shown.stored = Math.max(shown.stored, changed);
}

/** Rooms one connection may show at once. */
export const MAX_OPEN_ROOMS = 1_000;
