import { describeVerdict, type Stack } from '@parlance/testing';
import { expect, it } from 'vitest';
import { gathering, gatheringWithout, type Gathering } from './gathering.js';
import { CLIENTS } from './people.js';
import { ALL_WELL } from './settings.js';

const DIALECTS = Object.keys(CLIENTS);
const SAID_BY_EACH = 3;
/** The ring of all dialects: each beside the next. */
const NEIGHBOURS = DIALECTS.map((one, index) => [one, DIALECTS[(index + 1) % DIALECTS.length] ?? one] as const);

/** Clients of all dialects in one room; `stack` is asked when a case runs. */
export function gatheringCases(stack: () => Stack): void {
  it('lets clients of all five dialects converse in one group, each hearing all in the order of the room', async () => {
    const seen = await gathering(stack(), DIALECTS);
    expect(seen.log).toHaveLength(DIALECTS.length * SAID_BY_EACH);
    allWell(seen);
  });

  it.each(NEIGHBOURS)('lets clients of %s and %s converse in a direct room', async (one, other) => {
    const seen = await gathering(stack(), [one, other]);
    expect(seen.log).toHaveLength(2 * SAID_BY_EACH);
    allWell(seen);
  });

  it.each(DIALECTS)(
    'has nothing missed by a client of %s whose connection broke while the others talked',
    async (cut) => {
      const seen = await gatheringWithout(stack(), DIALECTS, cut);
      expect(seen.log).toHaveLength((DIALECTS.length - 1) * SAID_BY_EACH + 3);
      allWell(seen);
    },
  );
}

function allWell({ verdict, heard, due }: Gathering): void {
  expect(describeVerdict(verdict)).toBe(ALL_WELL);
  expect(heard).toEqual(due);
}
