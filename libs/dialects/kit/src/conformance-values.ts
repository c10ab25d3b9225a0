import type { Execute, IntentOf, IntentType, ResultOf } from './intent.js';
import type { Delivery, Frame, Reply } from './frame.js';
import { ParlanceError } from '@parlance/domain';

/** Says what in this value would not survive JSON (or would arrive as something else), or null. */
export function jsonFlaw(value: unknown, path = '$'): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`;
  if (typeof value !== 'object') return `${path} is ${typeof value}`;
  const proto: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return `${path} is no plain object`;
  return firstFlaw(Object.entries(value), ([key, item]) => jsonFlaw(item, `${path}.${key}`));
}

function firstFlaw<T>(items: readonly T[], check: (item: T) => string | null): string | null {
  for (const item of items) {
    const flaw = check(item);
    if (flaw !== null) return flaw;
  }
  return null;
}

export function framesOf(reply: Reply): readonly Frame[] {
  return [...(reply.unacked ?? []), ...(reply.frames ?? [])];
}

/** Does the reply tell the client anything, whichever way it asked? */
export function saysSomething(reply: Reply): boolean {
  return (reply.ack ?? []).length > 0 || framesOf(reply).some((one) => one.args.length > 0);
}

/** What each viewer would be sent by these deliveries, whoever of them it is meant for. */
export function framesFor(deliveries: readonly Delivery[], viewers: readonly string[]): readonly Frame[] {
  return deliveries.flatMap((delivery) => {
    if ('frame' in delivery) return [delivery.frame];
    return viewers.map((viewer) => delivery.each(viewer)).filter((one) => one !== null);
  });
}

/** Freezes plain objects, arrays and the values of maps, all the way down. */
export function deepFreeze<T>(value: T): T {
  if (value instanceof Map) for (const item of value.values()) deepFreeze(item);
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}

/** An object that holds itself in `depth` levels of `nest`. */
export function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level++) value = { nest: value };
  return value;
}

/** The coded error that the parsing of `what` throws. Throws whatever else it throws, and an error when it throws nothing. */
export function refusalFrom(what: string, parse: () => unknown): ParlanceError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ParlanceError) return error;
    throw error;
  }
  throw new Error(`${what} was accepted.`);
}

type Answers = { readonly [T in IntentType]?: (intent: IntentOf<T>) => ResultOf<T> };

/** An `Execute` that writes down what it is asked and answers from a table; what stands not there is `not-found`. */
export function recordingExecute(answers: Answers = {}): {
  execute: Execute;
  intents: { readonly type: IntentType }[];
} {
  const intents: { readonly type: IntentType }[] = [];
  const execute: Execute = async (intent) => {
    intents.push(intent);
    const answer = answers[intent.type];
    if (answer === undefined) throw new ParlanceError('not-found', `Nothing is known of ${intent.type}.`);
    return answer(intent);
  };
  return { execute, intents };
}
