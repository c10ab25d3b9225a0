import { describeVerdict, refFor, type ComposeStack, type Stack } from '@parlance/testing';
import { expect, it } from 'vitest';
import { chaosRun } from '../chaos.js';
import { stage } from '../people.js';
import { ALL_WELL } from '../settings.js';

const SEEDS = [400, 401];

/** Containers that end under traffic, the history checker on; `stack` is asked when a case runs. */
export function faultCases(stack: () => ComposeStack): void {
  const victims = ['gateway-0', 'gateway-1', 'message', 'nats'];

  it.each(SEEDS)(
    'loses nothing when gateways, the message service and NATS are killed in mid-traffic (seed %i)',
    async (seed) => {
      const { verdict, acked, struck } = await chaosRun(stack(), { seed, victims, strikes: 2 });
      expect(describeVerdict(verdict)).toBe(ALL_WELL);
      expect(struck).toHaveLength(2);
      expect(acked).toBeGreaterThan(0);
    },
  );

  it.each(['redis', 'postgres'])('loses nothing when %s is killed in mid-traffic', async (victim) => {
    const { verdict, acked } = await chaosRun(stack(), { seed: 410, victims: [victim], strikes: 1 });
    expect(describeVerdict(verdict)).toBe(ALL_WELL);
    expect(acked).toBeGreaterThan(0);
  });

  it('ends gateways and services in order when it is told to, under traffic, and loses nothing', async () => {
    const codes: (number | null)[] = [];
    const gently: Stack = {
      mode: 'compose',
      gateways: stack().gateways,
      victims,
      strike: async (victim) => void codes.push(await stack().restart(victim)),
      waitReady: async () => stack().waitReady(),
      stop: async () => stack().stop(),
      log: () => stack().log(),
    };
    const { verdict } = await chaosRun(gently, { seed: 420, victims: ['gateway-0', 'message'], strikes: 2 });
    expect(describeVerdict(verdict)).toBe(ALL_WELL);
    expect(codes).toEqual([0, 0]);
  });

  it('has everything again that was stored when it is taken down and started anew', async () => {
    const play = stage(stack());
    const [ann, bob] = [await play.world.user('ann stays'), await play.world.user('bob stays')];
    const room = await play.world.room([ann, bob]);
    const said = await play.api.send(room.id, { senderId: ann.id, text: 'remember this' });
    await stack().down();
    expect(await stack().containers()).toEqual([]);
    await stack().up();
    expect(await play.api.messages(room.id)).toMatchObject([{ id: said.id, text: 'remember this' }]);
    const client = await play.socket(bob, 0);
    await client.openRoom(refFor(room, bob));
    await play.end();
  });
}
