import { beforeEach, describe, expect, it } from 'vitest';
import { aConnection, aDialect } from '../parts.fixture.js';
import { GatewayPresence } from './gateway-presence.js';

const dialect = aDialect('red');
let log: string[];
let presence: GatewayPresence;

beforeEach(() => {
  log = [];
  presence = new GatewayPresence(
    {
      enter: ({ userId, connectionId }) => log.push(`enter ${userId} ${connectionId}`),
      leave: ({ userId, connectionId }) => log.push(`leave ${userId} ${connectionId}`),
    },
    { gone: () => log.push('stops typing') },
    { forget: () => log.push('forgotten') },
    { bound: () => undefined },
  );
});

describe('the presence of a connection', () => {
  it('is shown once and taken back once, as whom it was shown', () => {
    const { connection } = aConnection(dialect, 'ann', 'c1');
    presence.show(connection);
    presence.show(connection);
    connection.forget();
    presence.gone(connection);
    presence.gone(connection);
    expect(log.filter((line) => line.includes('c1'))).toEqual(['enter ann c1', 'leave ann c1']);
    expect(log.filter((line) => line === 'stops typing')).toHaveLength(2);
  });

  it('can hide and show itself again while it stays', () => {
    const { connection } = aConnection(dialect, 'ann', 'c1');
    presence.show(connection);
    presence.hide(connection);
    presence.hide(connection);
    expect(presence.isShown(connection)).toBe(false);
    presence.show(connection);
    expect(presence.isShown(connection)).toBe(true);
    expect(log).toEqual(['enter ann c1', 'leave ann c1', 'enter ann c1']);
  });

  it('is nobody’s before it is bound and after it closed', () => {
    presence.show(aConnection(dialect, null).connection);
    const { connection } = aConnection(dialect, 'ann', 'c1');
    connection.become('closed');
    presence.show(connection);
    expect(log).toEqual([]);
  });
});
