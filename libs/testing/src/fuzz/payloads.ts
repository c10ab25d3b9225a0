import type { Random } from '../random/random.js';

/** What random values are made of: the edges of every type, names that hurt, and what schemas compare with. */
const TEXTS = [
  '',
  ' ',
  'ann',
  '0',
  '-1',
  'true',
  'null',
  '[]',
  '{}',
  '{"a":1}',
  '{"__proto__":{"polluted":1}}',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "'; drop table message; --",
  '%',
  '*',
  '>',
  'a.b',
  '\u0000',
  '\ud800',
  '\u202e',
  'é'.repeat(300),
  'x'.repeat(5_000),
  '64a000000000000000000001',
  '2026-01-02T03:04:05.678Z',
  'http://127.0.0.1/',
  'javascript:alert(1)',
  'data:text/html,x',
] as const;
const NUMBERS = [0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324, NaN, Infinity] as const;
const KEYS = [
  'id',
  'type',
  'data',
  'length',
  'toString',
  '__proto__',
  'constructor',
  'prototype',
  '',
  '0',
  'then',
] as const;
const MAX_DEPTH = 5;
const MAX_ITEMS = 5;
/** How often a value holds others, at most. */
const NESTED = 0.35;
const MAX_MUTATIONS = 4;

export function randomText(random: Random): string {
  return random.pick(TEXTS);
}

/** Any value that a wire can carry. */
export function randomValue(random: Random, depth = 0): unknown {
  if (depth < MAX_DEPTH && random.next() < NESTED)
    return random.next() < 0.4 ? randomList(random, depth) : randomObject(random, depth);
  return random.pick<() => unknown>([
    () => random.pick(TEXTS),
    () => random.pick(NUMBERS),
    () => random.next() < 0.5,
    () => null,
    () => undefined,
    () => new Uint8Array(random.below(16)),
    () => Math.floor(random.next() * 1_000),
    () => String(random.next()),
  ])();
}

function randomList(random: Random, depth: number): unknown[] {
  return Array.from({ length: random.below(MAX_ITEMS) }, () => randomValue(random, depth + 1));
}

function randomObject(random: Random, depth: number): unknown {
  const entries = Array.from({ length: random.below(MAX_ITEMS) }, () => [
    random.pick(KEYS),
    randomValue(random, depth + 1),
  ]);
  // Unlike assignment, this makes `__proto__` an own key, as JSON.parse does.
  return Object.fromEntries(entries);
}

/** A good value with a few of its parts replaced, removed, added, or wrapped as JSON text. */
export function mutated(random: Random, value: unknown): unknown {
  let result = value;
  const times = 1 + random.below(MAX_MUTATIONS);
  for (let time = 0; time < times; time += 1) result = mutatedOnce(random, result);
  return result;
}

function mutatedOnce(random: Random, value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && random.next() < 0.8) {
    const index = random.below(value.length);
    return value.flatMap((item: unknown, at) => (at === index ? changed(random, item) : [item]));
  }
  if (isRecord(value) && random.next() < 0.85) return mutatedRecord(random, value);
  const inside = random.next() < 0.7 ? jsonIn(value) : undefined;
  if (inside !== undefined) return JSON.stringify(mutatedOnce(random, inside));
  return random.next() < 0.2 ? JSON.stringify(value) : randomValue(random);
}

/** The object or list that a text is the JSON of, as some wires nest them. */
function jsonIn(value: unknown): object | undefined {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function mutatedRecord(random: Random, value: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(value);
  const index = random.below(entries.length + 1);
  if (index === entries.length) return Object.fromEntries([...entries, [random.pick(KEYS), randomValue(random)]]);
  return Object.fromEntries(
    entries.flatMap(([key, item], at): [string, unknown][] =>
      at === index ? changed(random, item).map((one) => [key, one]) : [[key, item]],
    ),
  );
}

/** Nothing, something else, or a mutation further down. */
function changed(random: Random, item: unknown): unknown[] {
  const choice = random.next();
  if (choice < 0.2) return [];
  return [choice < 0.6 ? mutatedOnce(random, item) : randomValue(random)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
