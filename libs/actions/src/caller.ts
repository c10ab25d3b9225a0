import type { Tenant, User, UserRef, UserSnapshot, VerifiedCredential } from '@parlance/domain';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import type { Directory } from './directory.js';

/** Who asks, settled: the verified credential, and the user it acts as (null: the tenant's own server, or an app key alone). */
export interface Caller {
  readonly tenant: Tenant;
  readonly credential: VerifiedCredential;
  readonly user: User | null;
  /** the asking connection, for facts; null over REST */
  readonly origin: string | null;
}

/**
 * Settles who a request acts as. A user token acts as its user alone; a secret key as whomever it names; what a publishable key or
 * a bare payload claims is believed only where the tenant's `payloadIdentity` is `trust`.
 * Errors: `permission-denied` (a token for somebody else), `unauthenticated` (a claim that is not believed), `not-found`.
 */
export async function settleCaller(
  directory: Pick<Directory, 'user'>,
  credential: VerifiedCredential,
  claimed: UserRef | undefined,
  origin: string | null = null,
): Promise<Caller> {
  const tenant = credential.tenant;
  if (credential.kind === 'user' && credential.userId !== null) {
    const user = await directory.user(tenant.id, { id: credential.userId });
    if (claimed !== undefined && !names(claimed, user)) throw identityMismatch();
    return { tenant, credential, user, origin };
  }
  if (claimed === undefined) return { tenant, credential, user: null, origin };
  if (credential.kind !== 'secret' && tenant.payloadIdentity !== 'trust') {
    throw new ParlanceError('unauthenticated', 'This tenant does not accept a user id without a user token.');
  }
  return { tenant, credential, user: await directory.user(tenant.id, claimed), origin };
}

export function names(ref: UserRef, user: User): boolean {
  if ('id' in ref) return ref.id === user.id;
  if ('number' in ref) return ref.number === user.number;
  return ref.username === user.username;
}

export function identityMismatch(): ParlanceError {
  return new ParlanceError('permission-denied', 'The user named here is not the one this connection belongs to.');
}

/** The acting user, or the error that there is none. */
export function actingUser(caller: Caller): User {
  if (caller.user === null) throw new ParlanceError('unauthenticated', 'Say who you are first.');
  return caller.user;
}

/** The actor of a command: the user, or null for a trusted server. An app key alone may read, but never change. */
export function actorOf(caller: Caller): UserSnapshot | null {
  if (caller.user !== null) return snapshotOf(caller.user);
  if (isServer(caller)) return null;
  return snapshotOf(actingUser(caller));
}

/** Whose eyes a query reads with: the user's, or null (sees every room of the tenant) for a server or a trusted app key. */
export function viewerOf(caller: Caller): string | null {
  if (caller.user !== null) return caller.user.id;
  if (isServer(caller)) return null;
  return actingUser(caller).id;
}

/** May it speak for the app itself? Its secret key may; an app key only where the tenant trusts whatever its payloads say. */
export function isServer(caller: Caller): boolean {
  const { kind } = caller.credential;
  return kind === 'secret' || (kind === 'publishable' && caller.tenant.payloadIdentity === 'trust');
}
