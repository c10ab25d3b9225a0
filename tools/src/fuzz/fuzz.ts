import type { Dialect, HttpRequest, HttpRoute, InboundEvent, Reply, Translation } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import { mutated, randomRequest, randomValue, type GoodInputs, type Random } from '@parlance/testing';

/** What one schema did with its payloads. `accepted`: understood; `refused`: with a coded error. */
export interface FuzzResult {
  readonly name: string;
  readonly accepted: number;
  readonly refused: number;
}

const MAX_ARGUMENTS = 3;
/** Types that JSON has no words for. */
const UNSAYABLE: ReadonlySet<string> = new Set(['undefined', 'function', 'symbol']);

/**
 * Every inbound event and REST route of a dialect, `runs` payloads each: half of them random, half mutations of what real clients send. Throws
 * with the payload when anything but a coded error comes of one, when a refusal has no words, or when `Object.prototype` changed.
 */
export async function fuzzDialect(
  dialect: Dialect,
  good: GoodInputs,
  random: Random,
  runs: number,
): Promise<FuzzResult[]> {
  const results: FuzzResult[] = [];
  for (const [event, inbound] of dialect.inbound) {
    const samples = good.frames.get(event) ?? [];
    results.push(
      await tally(`${dialect.name} ${event}`, runs, () => oneFrame(inbound, argumentsFrom(random, samples))),
    );
  }
  for (const route of dialect.http?.routes ?? []) {
    const name = `${dialect.name} ${route.method} ${route.path}`;
    results.push(await tally(name, runs, () => oneRequest(dialect, route, requestFrom(random, route, good))));
  }
  return results;
}

async function tally(name: string, runs: number, once: () => Promise<'accepted' | 'refused'>): Promise<FuzzResult> {
  const counts = { accepted: 0, refused: 0 };
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  for (let run = 0; run < runs; run += 1) counts[await once()] += 1;
  if (Object.getOwnPropertyNames(Object.prototype).join() !== before)
    throw new Error(`${name} changed Object.prototype.`);
  return { name, ...counts };
}

function argumentsFrom(random: Random, samples: readonly (readonly unknown[])[]): unknown[] {
  const sample = samples[random.below(Math.max(1, samples.length))];
  if (sample === undefined || random.next() < 0.5) {
    return Array.from({ length: random.below(MAX_ARGUMENTS + 1) }, () => randomValue(random));
  }
  const result = mutated(random, sample);
  return Array.isArray(result) ? result : [result];
}

/** Who the request says to be: a tenant with a key. What a sample says stands above it. */
const HEADERS = { authorization: 'Bearer demo-public-key' };

function requestFrom(random: Random, route: HttpRoute, good: GoodInputs): HttpRequest {
  const request = randomRequest(random, route, good);
  return { ...request, headers: { ...HEADERS, ...request.headers } };
}

async function oneFrame(inbound: InboundEvent, args: readonly unknown[]): Promise<'accepted' | 'refused'> {
  const context = { acked: args.length % 2 === 0, tenant: null, user: null };
  const shown = (): string => show(args);
  let translation: Translation;
  try {
    translation = inbound.parse(args, context);
  } catch (error) {
    requireWords(inbound.refuse(coded(error, shown), args), shown);
    return 'refused';
  }
  const denied = new ParlanceError('not-found', 'Nothing is there.');
  requireWords(translation.refuse(denied), shown);
  await translation.run(() => Promise.reject(denied)).catch((error: unknown) => coded(error, shown));
  return 'accepted';
}

async function oneRequest(dialect: Dialect, route: HttpRoute, request: HttpRequest): Promise<'accepted' | 'refused'> {
  const shown = (): string => show(request);
  const refuse = (error: unknown): void => {
    const answer = dialect.http?.refuse(coded(error, shown));
    if (answer === undefined || answer.status < 400) throw new Error(`No refusal for ${shown()}`);
  };
  let translation;
  try {
    translation = route.parse(request);
  } catch (error) {
    refuse(error);
    return 'refused';
  }
  await translation.run(() => Promise.reject(new ParlanceError('not-found', 'Nothing is there.'))).catch(refuse);
  return 'accepted';
}

/** The coded error it is; anything else is the bug that is looked for. */
function coded(error: unknown, shown: () => string): ParlanceError {
  const found = toParlanceError(error);
  if (found.code === 'internal') throw new Error(`Not a coded error for ${shown()}`, { cause: error });
  return found;
}

function requireWords(reply: Reply, shown: () => string): void {
  for (const value of [...(reply.ack ?? []), ...(reply.frames ?? []), ...(reply.unacked ?? [])]) {
    if (UNSAYABLE.has(typeof value)) throw new Error(`A refusal without words for ${shown()}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item instanceof Uint8Array ? `bytes(${item.length})` : item,
  ).slice(0, 2_000);
}
