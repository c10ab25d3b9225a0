import type { JsonValue, User, UserFields, UserRef } from '@parlance/domain';

/** Users, their tokens and devices. */
export interface UserIntents {
  readonly 'user.put': {
    readonly in: {
      readonly ref: { readonly id: string } | { readonly username: string };
      readonly fields: UserFields;
      /** true: an unknown user is `not-found`; default: it is created */
      readonly mustExist?: boolean | undefined;
    };
    readonly out: { readonly user: User; readonly created: boolean };
  };
  readonly 'user.find': {
    readonly in: { readonly refs: readonly UserRef[] };
    readonly out: { readonly users: readonly (User | null)[] };
  };
  /** Name, username or identifier contains `search`. */
  readonly 'user.list': {
    readonly in: { readonly search?: string | undefined; readonly offset: number; readonly limit: number };
    readonly out: { readonly users: readonly User[]; readonly total: number };
  };
  /** A user's own sign-in by the vendor's shared-secret scheme; see the contract `signIn`. Needs no caller but the tenant. */
  readonly 'user.sign-in': {
    readonly in: {
      readonly identifier: string;
      readonly proof: string;
      readonly fields: UserFields;
      readonly deviceId?: string | undefined;
      readonly dialect: string;
    };
    readonly out: {
      readonly user: User;
      readonly created: boolean;
      readonly token: string;
      readonly expiresAt: string;
    };
  };
  /** Gives the caller's own token up (all of its device's). */
  readonly 'user.sign-out': { readonly in: object; readonly out: object };
  readonly 'user.terminate': {
    readonly in: { readonly user: UserRef; readonly message: string };
    readonly out: object;
  };
  readonly 'device.put': {
    readonly in: { readonly deviceId: string; readonly kind: string; readonly pushToken: string };
    readonly out: object;
  };
  /** Absent `deviceId`: all of the caller's. */
  readonly 'device.remove': { readonly in: { readonly deviceId?: string | undefined }; readonly out: object };
  /** The tenant's server alone: hands a payload for these users' devices to the push provider. */
  readonly 'push.send': {
    readonly in: { readonly users: readonly UserRef[]; readonly payload: JsonValue };
    readonly out: { readonly accepted: number };
  };
  readonly 'token.issue': {
    readonly in: {
      readonly userId: string;
      readonly ttlSeconds?: number | undefined;
      readonly deviceId?: string | undefined;
      readonly dialect?: string | undefined;
    };
    readonly out: { readonly token: string; readonly expiresAt: string };
  };
}
