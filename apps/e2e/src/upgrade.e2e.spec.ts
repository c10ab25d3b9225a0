// needs: redis-server, nats-server
// takes: 75 s
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stage, type Play } from './people.js';
import { ALL_WELL } from './settings.js';
import { Fleet } from './upgrade/fleet.js';
import { buildPrevious, type Versions } from './upgrade/previous-tree.js';
import { Traffic } from './upgrade/traffic.js';

const SEED = Date.now() % 2 ** 31;

describe(`an upgrade under traffic (seed ${SEED})`, () => {
  let versions: Versions;
  let fleet: Fleet;
  let play: Play | undefined;
  let traffic: Traffic;

  beforeAll(async () => {
    versions = await buildPrevious();
    fleet = await Fleet.open();
    expect(await fleet.migrate(versions.old)).toBe(0);
    await fleet.start(versions.old);
    play = stage(fleet);
    traffic = await Traffic.prepare(play, SEED);
  });
  afterAll(async () => {
    await play?.end();
    await fleet.stop();
  });

  it('loses nothing when the new migrations are applied below the old version', async () => {
    const before = await fleet.catalogue();
    const verdict = await traffic.during(async () => {
      expect(await fleet.migrate(versions.new)).toBe(0);
    });
    expect(verdict).toBe(ALL_WELL);
    const after = new Set(await fleet.catalogue());
    expect(before.filter((line) => !after.has(line))).toEqual([]);
  });

  it('loses nothing with a new message service beside an old one', async () => {
    expect(await traffic.during(() => fleet.replace(['message-1'], versions.new))).toBe(ALL_WELL);
  });

  it('loses nothing with a new gateway beside an old one', async () => {
    expect(await traffic.during(() => fleet.replace(['gateway-1'], versions.new))).toBe(ALL_WELL);
  });

  it('loses nothing when all that is left of the old version goes', async () => {
    const left = ['message-0', 'identity-0', 'presence-0', 'call-0', 'api-0', 'gateway-0'] as const;
    expect(await traffic.during(() => fleet.replace(left, versions.new))).toBe(ALL_WELL);
    expect(new Set(Object.values(fleet.trees))).toEqual(new Set([versions.new]));
  });

  it('loses nothing on the way back, with the old version above the new migrations', async () => {
    expect(await fleet.migrate(versions.old, '--wait')).toBe(0);
    const back = ['message-0', 'message-1', 'gateway-0', 'gateway-1'] as const;
    expect(await traffic.during(() => fleet.replace(back, versions.old))).toBe(ALL_WELL);
  });

  it('told nobody of an error but that something is away for a moment', () => {
    expect(traffic.refusals).toEqual([]);
  });
});
