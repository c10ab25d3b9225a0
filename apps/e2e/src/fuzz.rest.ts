import type { Dialect, HttpRequest, HttpRoute } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import { randomRequest, type GoodInputs, type Random } from '@parlance/testing';

const AT_ONCE = 10;
const TIMEOUT_MS = 15_000;
const MAX_DRAWS = 1_000;
const ENDING: ReadonlySet<string> = new Set(['user.sign-out', 'user.terminate']);

export interface RestTarget {
  /** origin */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Random and mutated requests to random routes of the dialect's companion; the answers' status codes, 0 for a connection that was cut. */
export async function restAnswers(
  { http }: Dialect,
  good: GoodInputs,
  random: Random,
  count: number,
  target: RestTarget,
): Promise<readonly number[]> {
  const routes = http?.routes ?? [];
  const statuses: number[] = [];
  while (routes.length > 0 && statuses.length < count) {
    const calls = Array.from({ length: Math.min(AT_ONCE, count - statuses.length) }, () => {
      const [route, request] = randomCall(routes, good, random, target);
      return answered(route, request, target);
    });
    statuses.push(...(await Promise.all(calls)));
  }
  return statuses;
}

function randomCall(
  routes: readonly HttpRoute[],
  good: GoodInputs,
  random: Random,
  { headers }: RestTarget,
): readonly [HttpRoute, HttpRequest] {
  for (let draw = 0; draw < MAX_DRAWS; draw += 1) {
    const route = routes[random.below(routes.length)];
    if (route === undefined) continue;
    const request = randomRequest(random, route, good);
    if (!endsCaller(route, { ...request, headers, query: {}, body: {} })) return [route, request];
  }
  throw new Error('Every request would end its caller.');
}

/** Whoever asks would be signed out or gone, and everything after it refused before it is looked at. */
function endsCaller(route: HttpRoute, request: HttpRequest): boolean {
  try {
    return ENDING.has(route.parse(request).asks);
  } catch (error) {
    if (error instanceof ParlanceError) return false;
    throw error;
  }
}

async function answered(route: HttpRoute, request: HttpRequest, { url, headers }: RestTarget): Promise<number> {
  const { method, body: kind } = route;
  const body = method === 'get' || kind === 'none' ? undefined : bodyOf(route, request.body);
  const type = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
  const options = { method: method.toUpperCase(), redirect: 'manual', headers: { ...headers, ...type } } as const;
  const address = new URL(`${pathOf(route, request)}?${fieldsOf(request.query).toString()}`, url);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(address, { ...options, signal, ...(body === undefined ? {} : { body }) });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    // How `fetch` says that the connection ended; a request without an answer is a `TimeoutError`.
    if (error instanceof TypeError) return 0;
    throw error;
  }
}

function pathOf({ path }: HttpRoute, { params }: HttpRequest): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(wellFormed(params[name] ?? 'x')));
}

/** As a form where the route takes one and there are fields to put in, else as JSON. */
function bodyOf({ body: kind }: HttpRoute, body: unknown): string | URLSearchParams | undefined {
  const isRecord = typeof body === 'object' && body !== null && !Array.isArray(body);
  return kind === 'form' && isRecord ? fieldsOf(body) : JSON.stringify(body);
}

function fieldsOf(value: object): URLSearchParams {
  const text = (item: unknown): string =>
    item === undefined ? '' : typeof item === 'string' ? item : JSON.stringify(item);
  return new URLSearchParams(Object.entries(value).map(([key, item]): [string, string] => [key, text(item)]));
}

/** Half characters cannot stand in an address. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
