import { command, event, query } from '@parlance/contracts';
import { afterEach, beforeEach, expect } from 'vitest';
import { z } from 'zod';
import type { BatchAnswer, BatchItem, Bus, BusStatus } from '../bus.js';
import type { BusOptions, DropReason } from '../ports.js';

/** What the suite needs of a transport: connections to one server, and a way to take the server away from them and give it back. */
export interface TestHub {
  connect(name: string, options: BusOptions): Promise<Bus>;
  /** All connections lose the server; settles when the server is gone. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** Two connected pods and what they reported, new for each test. */
export interface World {
  readonly hub: TestHub;
  readonly caller: Bus;
  readonly service: Bus;
  readonly logged: readonly string[];
  readonly drops: readonly DropReason[];
  readonly listenerErrors: number;
  /** Bus options that report here. */
  options(more?: BusOptions): BusOptions;
}

export const double = query('test.double', z.object({ n: z.number() }), z.object({ n: z.number() }));
export const echo = command('test.echo', z.object({ text: z.string() }), z.object({ text: z.string() }));
export const noted = event('test.noted', z.object({ n: z.number(), tags: z.array(z.string()).optional() }));

/** Shorter than the 10 s of a patient request: a failure that came by its timeout only would fail the test. */
export const PATIENCE_MS = 8_000;

/** Registers the hooks that make a world before each test and drain it after. */
export function testWorld(makeHub: () => Promise<TestHub>): World {
  const logged: string[] = [];
  const drops: DropReason[] = [];
  const count = { listenerErrors: 0 };
  const options = (more: BusOptions = {}): BusOptions => ({
    log: { warn: (_fields, line) => logged.push(line), error: (_fields, line) => logged.push(line) },
    metrics: { onDrop: (reason) => drops.push(reason), onListenerError: () => (count.listenerErrors += 1) },
    ...more,
  });
  let current: Pick<World, 'hub' | 'caller' | 'service'> | null = null;
  const now = (): Pick<World, 'hub' | 'caller' | 'service'> => {
    if (current === null) throw new Error('there is a world only inside a test');
    return current;
  };

  beforeEach(async () => {
    logged.length = 0;
    drops.length = 0;
    count.listenerErrors = 0;
    const hub = await makeHub();
    const [caller, service] = [await hub.connect('caller', options()), await hub.connect('service', options())];
    current = { hub, caller, service };
  });

  afterEach(async () => {
    const { hub, caller, service } = now();
    await Promise.all([caller.drain(), service.drain()]);
    await hub.stop();
  });

  return {
    get hub() {
      return now().hub;
    },
    get caller() {
      return now().caller;
    },
    get service() {
      return now().service;
    },
    get listenerErrors() {
      return count.listenerErrors;
    },
    logged,
    drops,
    options,
  };
}

export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

export const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** A promise and its handle, to hold a handler until the test lets it go. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

export function statusOf(bus: Bus, wanted: BusStatus): Promise<void> {
  return new Promise((resolve) => {
    const off = bus.onStatus((status) => {
      if (status !== wanted) return;
      off();
      resolve();
    });
  });
}

/** Waits until a condition holds that only other turns can bring about; the test's own limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function doubling(
  items: readonly BatchItem<{ n: number }>[],
): Promise<readonly BatchAnswer<{ n: number }>[]> {
  return items.map(({ input }) => ({ ok: true, value: { n: input.n * 2 } }));
}
