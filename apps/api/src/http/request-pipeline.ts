import { settleCaller, type Caller, type Directory } from '@parlance/actions';
import type { PrincipalCache } from '@parlance/auth';
import type { Execute, HttpAnswer, HttpRequest, HttpRoute, HttpTranslation } from '@parlance/dialect-kit';
import { ParlanceError, type VerifiedCredential } from '@parlance/domain';
import type { ApiLimits } from './api-limits.js';
import type { Surface } from './surface.js';

export interface PipelinePorts {
  readonly principals: Pick<PrincipalCache, 'get'>;
  readonly directory: Pick<Directory, 'account' | 'isProven'>;
  readonly limits: Pick<ApiLimits, 'admit' | 'admitAddress' | 'noteRefusal'>;
  readonly executorOf: (caller: Caller) => Execute;
}

/** Where a wire has no place for the proof of a claimed user (`payloadIdentity: signed`), this header has. */
export const PROOF_HEADER = 'x-parlance-proof';

/** A request before its body is read. */
export interface Arrival extends Pick<HttpRequest, 'params' | 'query' | 'headers'> {
  readonly address: string;
  readonly readBody: () => Promise<Pick<HttpRequest, 'body' | 'files'>>;
  /** Called as soon as it is known whose request it is. */
  readonly belongsTo?: (tenantId: string) => void;
}

/**
 * From a request to its answer: who asks, what, whether it may, done. A credential in the headers is verified before the body is
 * read. Throws ParlanceError, to be worded by the surface.
 */
export class RequestPipeline {
  constructor(private readonly ports: PipelinePorts) {}

  async answer<R extends HttpRoute>(surface: Surface<R>, route: R, arrival: Arrival): Promise<HttpAnswer> {
    const given = route.anonymous === true ? null : surface.credential(arrival.headers);
    if (given === null && !surface.keyless) throw new ParlanceError('unauthenticated', 'A credential is needed.');
    const early = given === null ? null : await this.#verify(surface, arrival, given);
    const translation = route.parse(await requestOf(arrival));
    const inside = translation.claim.credential ?? null;
    const credential =
      early !== null && (inside === null || inside === given) ? early : await this.#verify(surface, arrival, inside);
    arrival.belongsTo?.(credential.tenant.id);
    return this.#run(surface, route, arrival, translation, credential);
  }

  async #run<R extends HttpRoute>(
    surface: Surface<R>,
    route: R,
    arrival: Arrival,
    { claim, asks, run }: HttpTranslation,
    credential: VerifiedCredential,
  ): Promise<HttpAnswer> {
    const { directory, limits, executorOf } = this.ports;
    const { address, headers } = arrival;
    const proof = claim.proof ?? first(headers[PROOF_HEADER]) ?? undefined;
    const caller: Caller = await settleCaller(directory, credential, claim.user, null, proof);
    surface.admitCaller(route, caller);
    await limits.admit(caller, address, asks);
    const become = async (other: string): Promise<Execute> => {
      const verified = await this.#verify(surface, arrival, other);
      if (verified.tenant.id !== credential.tenant.id)
        throw new ParlanceError('unauthenticated', 'Not of this tenant.');
      return executorOf(await settleCaller(directory, verified, undefined));
    };
    return run(executorOf(caller), become);
  }

  async #verify(
    surface: Pick<Surface, 'admit'>,
    { address, headers }: Arrival,
    credential: string | null,
  ): Promise<VerifiedCredential> {
    const { principals, limits } = this.ports;
    await limits.admitAddress(address);
    try {
      const verified = await principals.get({
        credential,
        host: first(headers['host']),
        origin: first(headers['origin']),
      });
      surface.admit(verified);
      return verified;
    } catch (error) {
      if (error instanceof ParlanceError && error.code === 'unauthenticated') await limits.noteRefusal(address);
      throw error;
    }
  }
}

async function requestOf({ params, query, headers, readBody }: Arrival): Promise<HttpRequest> {
  return { params, query, headers, ...(await readBody()) };
}

function first(header: string | readonly string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null;
}
