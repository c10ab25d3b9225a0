import { afterAll, beforeAll } from 'vitest';
import { openWorld, type World } from './test-world.js';

/** One world with these replicas for all tests of a file; before the first of them there is none, and what is asked of it throws. */
export function sharedWorld(replicas: readonly string[] = ['message']): World {
  let opened: World | null = null;
  const world = (): World => {
    if (opened === null) throw new Error('The world opens before the first test.');
    return opened;
  };

  beforeAll(async () => {
    opened = await openWorld();
    for (const name of replicas) await opened.start(name);
  }, 60_000);
  afterAll(async () => opened?.stop());

  return {
    get url() {
      return world().url;
    },
    get hub() {
      return world().hub;
    },
    get bus() {
      return world().bus;
    },
    get db() {
      return world().db;
    },
    query: async (sql, values) => world().query(sql, values),
    start: async (name, options) => world().start(name, options),
    stop: async () => world().stop(),
  };
}
