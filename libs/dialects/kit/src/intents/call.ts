import type { JsonValue, UserRef } from '@parlance/domain';
import type { CallView, RoomKey } from './views.js';

/** Calls. */
export interface CallIntents {
  /**
   * Rings the other side of a direct room (or a whole group). `with`: of the pair's direct room, made when there is none.
   * `payload` goes to the other side verbatim. `onlyDirect`: the wire knows no calls of groups. Errors: `conflict` (the caller is in a
   * call, the room has one), `invalid` (a group, where only direct rooms have calls).
   */
  readonly 'call.create': {
    readonly in: {
      readonly room: RoomKey | { readonly with: UserRef };
      readonly withVideo: boolean;
      readonly payload: JsonValue;
      readonly onlyDirect?: boolean | undefined;
    };
    readonly out: CallView;
  };
  /** `call`: its id or uuid; so in those below. */
  readonly 'call.accept': {
    readonly in: { readonly call: string; readonly payload: JsonValue };
    readonly out: CallView;
  };
  /** As the caller's role and the call's state have it: cancel while it rings (caller), reject (callee), else hang up. */
  readonly 'call.end': {
    readonly in: { readonly call: string; readonly as?: 'reject' | 'cancel' | 'end' | undefined };
    readonly out: CallView;
  };
  /** Errors: `not-found` also for whom it does not concern. */
  readonly 'call.get': { readonly in: { readonly call: string }; readonly out: CallView };
  readonly 'call.signal': {
    readonly in: { readonly call: string | null; readonly data: JsonValue };
    readonly out: object;
  };
  /** The caller's live call, or null. */
  readonly 'call.active': { readonly in: object; readonly out: { readonly view: CallView | null } };
  readonly 'call.history': {
    readonly in: { readonly offset: number; readonly limit: number };
    readonly out: { readonly calls: readonly CallView[]; readonly total: number };
  };
  /** Takes one call, or all, out of the caller's own history. */
  readonly 'call.forget': { readonly in: { readonly call?: string | undefined }; readonly out: object };
  /** A credential for the media server of a room's call. Errors: `unsupported` (none is set up). */
  readonly 'call.media-token': {
    readonly in: { readonly room: RoomKey };
    readonly out: { readonly token: string; readonly url: string };
  };
  /** A time-limited credential for the TURN servers, with their addresses; `ttl` in seconds. Errors: `unsupported` (none is set up). */
  readonly 'call.turn': {
    readonly in: object;
    readonly out: {
      readonly username: string;
      readonly credential: string;
      readonly ttl: number;
      readonly uris: readonly string[];
    };
  };
}
