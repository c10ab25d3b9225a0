import { describe, expect, it } from 'vitest';
import type { Connection } from './connection.js';
import type { EngineConnection } from './socket-internals.js';
import { UnboundWatch } from './unbound-watch.js';

/** Only what the watch looks at. */
function connectionOn(engine: EngineConnection): Connection {
  const connection: Partial<Connection> = { engine, state: 'unbound' };
  return connection as Connection;
}

function world() {
  let now = 0;
  const closed: string[] = [];
  const watch = new UnboundWatch(
    () => now,
    (engine) => closed.push(engine.id),
  );
  const half: unknown = { id: 'engine' };
  const engine = half as EngineConnection;
  const pass = (ms: number): string[] => {
    now += ms;
    watch.sweep();
    return closed;
  };
  return { watch, pass, root: connectionOn(engine), explicit: connectionOn(engine) };
}

describe('UnboundWatch', () => {
  it('gives a silent socket a minute', () => {
    const { watch, pass, root } = world();
    watch.watch(root);
    expect(pass(59_999)).toEqual([]);
    expect(pass(1)).toEqual(['engine']);
  });

  it('gives ten seconds from the first frame, however many follow', () => {
    const { watch, pass, root } = world();
    watch.watch(root);
    pass(5_000);
    watch.heard(root);
    pass(9_000);
    watch.heard(root);
    expect(pass(1_000)).toEqual(['engine']);
  });

  it('is satisfied by any bound namespace of the same client', () => {
    const { watch, pass, root, explicit } = world();
    watch.watch(root);
    watch.watch(explicit);
    watch.satisfied(explicit);
    expect(pass(120_000)).toEqual([]);
  });

  it('starts anew when the identity is given up, and forgets closed clients', () => {
    const { watch, pass, root } = world();
    watch.watch(root);
    watch.satisfied(root);
    watch.released(root);
    expect(pass(59_999)).toEqual([]);
    watch.gone(root);
    expect(pass(60_000)).toEqual([]);
  });
});
