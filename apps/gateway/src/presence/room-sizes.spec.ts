import { countMembers } from '@parlance/contracts';
import { sampleStamp } from '@parlance/dialect-kit/conformance';
import { afterEach, describe, expect, it } from 'vitest';
import { busPair, direct, group, TENANT } from '../parts.fixture.js';
import { RoomSizes } from './room-sizes.js';

const pair = busPair();
afterEach(() => Promise.all([pair.edge.drain(), pair.service.drain()]));

describe('room sizes', () => {
  it('are asked for once by all who ask at a time, and not for rooms of two', async () => {
    const asked: number[] = [];
    await pair.service.serve(countMembers, async ({ roomIds, atMost }) => {
      asked.push(atMost);
      return { counts: roomIds.map((id) => (id === 'large' ? 101 : 100)) };
    });
    const sizes = new RoomSizes(pair.edge, 100);
    const small = sampleStamp(group);
    const large = { ...small, id: 'large' };
    expect(await sizes.isLarge(TENANT, sampleStamp(direct))).toBe(false);
    expect(await Promise.all([small, small, large].map((room) => sizes.isLarge(TENANT, room)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(await sizes.isLarge(TENANT, large)).toBe(true);
    expect(asked).toEqual([101, 101]);
  });
});
