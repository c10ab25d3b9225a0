import type { HttpRequest, HttpRoute } from '@parlance/dialect-kit';
import type { Random } from '../random/random.js';
import type { GoodInputs, GoodRequest } from './inputs.js';
import { mutated, randomText, randomValue } from './payloads.js';

/** How often a request is a mutation of a good one. */
const MUTATED = 0.5;

/** A request to this route: random, or a mutation of what real clients send to it; to a route they are not known to use, of what they send elsewhere. */
export function randomRequest(random: Random, route: HttpRoute, { requests }: GoodInputs): HttpRequest {
  const name = `${route.method} ${route.path}`;
  const own = requests.filter((request) => request.route === name);
  const samples = own.length > 0 ? own : requests;
  const sample = random.next() < MUTATED ? samples[random.below(Math.max(1, samples.length))] : undefined;
  return sample === undefined ? wild(random, route) : nearly(random, route, sample);
}

function nearly(
  random: Random,
  route: HttpRoute,
  { params, query, headers, body, ...sample }: GoodRequest,
): HttpRequest {
  const isOwn = sample.route === `${route.method} ${route.path}`;
  // One part of it stays good, so that the others are looked at.
  const part = random.below(3);
  return {
    params: isOwn && part !== 0 ? params : randomParams(random, route),
    query: part === 1 ? query : fields(mutated(random, query)),
    headers,
    body: part === 2 ? body : mutated(random, body),
    files: [],
  };
}

function wild(random: Random, route: HttpRoute): HttpRequest {
  const query = { name: randomValue(random), limit: randomValue(random) };
  return { params: randomParams(random, route), query, headers: {}, body: randomValue(random), files: [] };
}

function randomParams(random: Random, { path }: HttpRoute): Record<string, string> {
  return Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name]) => [name ?? '', randomText(random)]));
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
