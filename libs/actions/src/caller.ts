import type { Tenant, User, UserRef, UserSnapshot, VerifiedCredential } from '@parlance/domain';
import { connectionDevice, ParlanceError, snapshotOf } from '@parlance/domain';
import type { Account, Directory } from './directory.js';

/** Who asks, settled: the verified credential, and the user it acts as (null: the tenant's own server, or an app key alone). */
export interface Caller {
  readonly tenant: Tenant;
  readonly credential: VerifiedCredential;
  readonly user: User | null;
  /** the asking connection, for facts; null over REST */
  readonly origin: string | null;
}

/**
 * Settles who a request acts as. A user token acts as its user alone; a secret key as whomever it names. What a publishable key or a
 * bare payload claims is believed as the tenant's `payloadIdentity` says: never (`refuse`), with a `proof` that the app's own server
 * signed the user (`signed`), or always (`trust`). Nobody acts as a terminated user.
 * Errors: `permission-denied` (a token for somebody else), `unauthenticated` (a claim that is not believed), `not-found`.
 */
export async function settleCaller(
  directory: Pick<Directory, 'account' | 'isProven'>,
  credential: VerifiedCredential,
  claimed: UserRef | undefined,
  origin: string | null = null,
  proof?: string,
): Promise<Caller> {
  const tenant = credential.tenant;
  if (credential.kind === 'user' && credential.userId !== null) {
    const user = liveUser(await directory.account(tenant.id, { id: credential.userId }), credential);
    if (claimed !== undefined && !names(claimed, user)) throw identityMismatch();
    return { tenant, credential, user, origin };
  }
  if (claimed === undefined) return { tenant, credential, user: null, origin };
  if (believes(credential)) {
    return { tenant, credential, user: liveUser(await directory.account(tenant.id, claimed), credential), origin };
  }
  if (tenant.payloadIdentity !== 'signed' || proof === undefined) throw notBelieved();
  return { tenant, credential, user: await provenUser(directory, credential, claimed, proof), origin };
}

function believes({ kind, tenant }: VerifiedCredential): boolean {
  return kind === 'secret' || tenant.payloadIdentity === 'trust';
}

/** A false proof is answered alike for users that exist and for those that do not. */
async function provenUser(
  directory: Pick<Directory, 'account' | 'isProven'>,
  credential: VerifiedCredential,
  claimed: UserRef,
  proof: string,
): Promise<User> {
  const tenantId = credential.tenant.id;
  const account = await directory.account(tenantId, claimed).catch(unlessNotFound);
  const userId = account?.user.id ?? ('id' in claimed ? claimed.id : null);
  if (userId === null || !(await directory.isProven(tenantId, userId, proof))) throw notBelieved();
  if (account === null) throw new ParlanceError('not-found', 'User not found.');
  return liveUser(account, credential);
}

function unlessNotFound(error: unknown): null {
  if (error instanceof ParlanceError && error.code === 'not-found') return null;
  throw error;
}

function notBelieved(): ParlanceError {
  return new ParlanceError(
    'unauthenticated',
    'This tenant does not accept a user id without a user token or a valid proof.',
  );
}

/**
 * The account's user. The server's own key is good, whatever it asks for; any other credential of a terminated user is not.
 * Errors: `unauthenticated` or `permission-denied`, with `details.reason` `terminated`.
 */
export function liveUser({ user, terminated }: Account, { kind }: VerifiedCredential): User {
  if (!terminated) return user;
  const code = kind === 'secret' ? 'permission-denied' : 'unauthenticated';
  throw new ParlanceError(code, 'This account has been terminated.', { reason: 'terminated' });
}

export function names(ref: UserRef, user: User): boolean {
  if ('id' in ref) return ref.id === user.id;
  if ('number' in ref) return ref.number === user.number;
  return 'username' in ref ? ref.username === user.username : ref.identifier === user.identifier;
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

/**
 * The device that asks: the token's own name for it, else the token; a connection without a token of its user stands for itself.
 * Null: the tenant's server, over REST.
 */
export function deviceOf({ credential, origin }: Pick<Caller, 'credential' | 'origin'>): string | null {
  const named = credential.kind === 'user' ? (credential.deviceId ?? credential.credentialId) : null;
  if (named !== null) return named;
  return origin === null ? null : connectionDevice(origin);
}
