import { inboundEvent } from '@parlance/dialect-kit';
import type { Actions } from '@parlance/actions';
import type { Dialect, RateClass } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MAX_WAITING_FRAMES } from './connection.js';
import { Intake, MAX_REFUSALS } from './intake.js';
import { aConnection, aDialect, quiet, someMetrics } from './parts.fixture.js';

const event = (rate: RateClass) =>
  inboundEvent<'session.identify'>()({
    rate,
    schema: z.object({ n: z.number() }),
    claim: () => ({ user: { id: 'ann' } }),
    intent: () => ({ type: 'session.identify' }),
    reply: (_, { n }) => ({ ack: [n] }),
    refuse: ({ code }) => ({ ack: [code] }),
  });

const dialect: Dialect = {
  ...aDialect('plain'),
  inbound: new Map([
    ['slow', event('message')],
    ['fast', event('other')],
  ]),
  refuse: ({ code }) => ({ ack: [`unknown: ${code}`] }),
};

/** Its clients may ask, before they say who they are, to be written to in capitals. */
const shouting: Dialect = {
  ...dialect,
  inbound: new Map([
    ['fast', event('other')],
    [
      'louder',
      {
        rate: 'other',
        schema: z.unknown(),
        refuse: () => ({}),
        parse: () => ({
          claim: null,
          asks: null,
          refuse: () => ({}),
          run: async () => ({ ack: ['ok'], mode: 'loud' }),
        }),
      },
    ],
  ]),
  encodings: new Map([
    [
      'loud',
      {
        frame: ({ event: name, args }) => ({ event: name.toUpperCase(), args }),
        ack: (name, args) => [`${name}!`, ...args],
      },
    ],
  ]),
};

interface Options {
  readonly admit?: (rate: RateClass) => Promise<void>;
  readonly settle?: () => Promise<void>;
}

function world({ admit = () => Promise.resolve(), settle = () => Promise.resolve() }: Options = {}) {
  const { connection } = aConnection(dialect);
  const begun: unknown[] = [];
  const flooded: unknown[] = [];
  const actions: Pick<Actions, 'session.identify'> = {
    'session.identify': async ({ user }) => {
      if (user === null) throw new ParlanceError('unauthenticated', 'who?');
      begun.push(user.id);
      return { user };
    },
  };
  const intake = new Intake(
    {
      binder: { settle },
      limits: { admit },
      dialectOfEvent: () => null,
      actionsOf: () => actions as Actions,
      bound: () => undefined,
      flooded: (one) => flooded.push(one),
      spoiled: () => undefined,
    },
    someMetrics(),
    quiet,
  );
  const send = (name: unknown, n: unknown = 1): Promise<unknown> =>
    new Promise((resolve) => void intake.receive(connection, name, [{ n }], resolve));
  return { connection, begun, flooded, intake, send };
}

describe('Intake', () => {
  it('begins frames in the order they came, however long their limits take to look at', async () => {
    const order: string[] = [];
    const { send } = world({
      admit: async (rate) => {
        if (rate === 'message') await new Promise((resolve) => setImmediate(resolve));
        order.push(rate);
      },
    });
    await Promise.all([send('slow'), send('fast'), send('slow')]);
    expect(order).toEqual(['message', 'other', 'message']);
  });

  it('answers a frame without waiting for the answers of those before it', async () => {
    const { send } = world();
    expect(await Promise.all([send('slow', 1), send('fast', 2)])).toEqual([1, 2]);
  });

  it.each([5, 'nope', '__proto__', null, ''])('refuses the event name %j in words, and lives', async (name) => {
    expect(await world().send(name)).toMatch(/^(unknown: )?unsupported$/);
  });

  it.each([null, true, 'n', [], { n: 'one' }])('refuses %j as invalid', async (n) => {
    expect(await world().send('fast', n)).toBe('invalid');
  });

  it('lets so many frames wait for the identification, and answers the others at once', async () => {
    let settled = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (settled = resolve));
    const { send, begun } = world({ settle: () => waiting });
    const answers = Array.from({ length: MAX_WAITING_FRAMES + 2 }, () => send('fast'));
    expect(await Promise.all(answers.slice(MAX_WAITING_FRAMES))).toEqual(['overloaded', 'overloaded']);
    settled();
    expect(new Set(await Promise.all(answers.slice(0, MAX_WAITING_FRAMES)))).toEqual(new Set([1]));
    expect(begun).toHaveLength(MAX_WAITING_FRAMES);
  });

  it('closes after so many refusals, some of which each good frame makes up for', async () => {
    const patient = world();
    for (let round = 0; round < 30; round += 1) {
      for (let n = 0; n < 9; n += 1) await patient.send('nope');
      await patient.send('fast');
    }
    expect(patient.flooded).toEqual([]);
    const flood = world();
    for (let n = 1; n < MAX_REFUSALS; n += 1) await flood.send('nope');
    expect(flood.flooded).toEqual([]);
    await flood.send('nope');
    expect(flood.flooded).toEqual([flood.connection]);
  });

  it('counts what comes before anybody is known, too', async () => {
    const { intake, flooded } = world();
    const { connection } = aConnection(dialect, null);
    connection.dialect = null;
    for (let n = 0; n < MAX_REFUSALS; n += 1) await intake.receive(connection, 'whatever', [], null);
    expect(flooded).toEqual([connection]);
  });

  it('never rejects, even when an acknowledgement throws', async () => {
    const { intake, connection } = world();
    const ack = (): never => {
      throw new Error('the transport is gone');
    };
    await expect(intake.receive(connection, 'fast', [{ n: 1 }], ack)).resolves.toBeUndefined();
    expect(connection.answering).toBe(0);
  });

  it('writes as a mode says from the reply after the one that set it, also to who is not identified', async () => {
    const { intake } = world();
    const { connection, written } = aConnection(shouting, null);
    const send = (name: string): Promise<unknown[]> =>
      new Promise((resolve) => void intake.receive(connection, name, [{ n: 1 }], (...args) => resolve(args)));
    expect(await send('louder')).toEqual(['ok']);
    expect(await send('louder')).toEqual(['louder!', 'ok']);
    expect(await send('fast')).toEqual(['fast!', 'unauthenticated']);
    connection.send({ event: 'news', args: [] });
    expect(written).toEqual(['NEWS']);
  });
});
