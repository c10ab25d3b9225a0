import { describe } from 'vitest';
import { absenceCases } from './conformance/absence.cases.js';
import { eventCases } from './conformance/events.cases.js';
import { failureCases } from './conformance/failures.cases.js';
import { requestCases } from './conformance/requests.cases.js';
import { type TestHub, testWorld } from './conformance/world.js';

/** Every promise of the bus, for whichever transport: all pass the same suite. */
export function busConformance(name: string, makeHub: () => Promise<TestHub>): void {
  describe(`${name}: bus conformance`, () => {
    const world = testWorld(makeHub);
    requestCases(world);
    failureCases(world);
    eventCases(world);
    absenceCases(world);
  });
}
