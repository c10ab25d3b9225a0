import { getScore, recordFacts } from '@parlance/contracts';
import type { z } from 'zod';
import { TENANT, type World } from './test-world.js';

export type Told = z.input<typeof recordFacts.input>['facts'][number];
export type Source = z.input<typeof recordFacts.input>['source'];

interface Where {
  readonly tenantId?: string;
  readonly timeZone?: string | null;
  readonly source?: Source;
}

/** Tells facts to the service of a world, and reads documents there. */
export function toldTo(world: () => World) {
  return {
    tell: async (userId: string, facts: readonly Told[], where: Where = {}) => {
      const { tenantId = TENANT, timeZone = null, source = 'server' } = where;
      const input = { tenantId, userId, timeZone, source, facts: [...facts] };
      return world().bus.request(recordFacts, input, { timeoutMs: 10_000 });
    },
    score: async (userId: string, day?: string, timeZone: string | null = null, tenantId = TENANT) => {
      const of = day === undefined ? {} : { day };
      return (await world().bus.request(getScore, { tenantId, userId, timeZone, ...of })).day;
    },
  };
}
