import { afterAll, beforeAll } from 'vitest';
import { peopleAt, startApiWorld, type ApiWorld } from './api.fixture.js';

type People = ReturnType<typeof peopleAt>;

export interface SharedApi extends People {
  /** Throws before the first test. */
  readonly world: () => ApiWorld;
}

/** One world for all tests of a file, and what they make in it. */
export function sharedApi(): SharedApi {
  let opened: { readonly world: ApiWorld; readonly people: People } | null = null;
  const api = () => {
    if (opened === null) throw new Error('The world opens before the first test.');
    return opened;
  };

  beforeAll(async () => {
    const world = await startApiWorld();
    opened = { world, people: peopleAt(world.url) };
  });
  afterAll(async () => opened?.world.close());

  return {
    world: () => api().world,
    server: (...call) => api().people.server(...call),
    user: (name) => api().people.user(name),
    client: (name) => api().people.client(name),
    room: (...memberIds) => api().people.room(...memberIds),
  };
}
