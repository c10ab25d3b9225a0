import type { Caller } from '@parlance/actions';
import type { Dialect, HttpAnswer, HttpCompanion, HttpRequest, HttpRoute } from '@parlance/dialect-kit';
import { ParlanceError, type VerifiedCredential } from '@parlance/domain';

/** A set of REST routes with one way to authenticate and one form of error: the native API, or a dialect's companion. */
export interface Surface<R extends HttpRoute = HttpRoute> {
  readonly name: string;
  /** path prefixes that it owns: an unknown path below them is its own 404 */
  readonly roots: readonly string[];
  readonly routes: readonly R[];
  readonly credential: (headers: HttpRequest['headers']) => string | null;
  /** Whether a request may come without any credential: it then belongs to the tenant of its host. */
  readonly keyless: boolean;
  /** Throws when this credential has no business here. */
  readonly admit: (credential: VerifiedCredential) => void;
  /** Throws when this caller cannot ask for this route. */
  readonly admitCaller: (route: R, caller: Caller) => void;
  readonly refuse: (error: ParlanceError) => HttpAnswer;
}

/** The REST companions of all dialects that have one. */
export function companionSurfaces(dialects: readonly Dialect[]): readonly Surface[] {
  return dialects.flatMap(({ name, http }) => (http === null ? [] : [companionSurface(name, http)]));
}

function companionSurface(name: string, http: HttpCompanion): Surface {
  const { roots, routes, credential, refuse } = http;
  return {
    name,
    roots,
    routes,
    credential,
    refuse,
    keyless: true,
    admit: ({ tenant: { dialects } }) => {
      if (dialects === null || dialects.includes(name)) return;
      throw new ParlanceError('permission-denied', 'This tenant does not speak this dialect.');
    },
    admitCaller: () => undefined,
  };
}
