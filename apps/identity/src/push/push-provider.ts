import type { JsonValue } from '@parlance/domain';

/** One installation of an app that asked to be pushed to. `kind`: the provider's word, such as `fcm`. */
export interface PushDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly kind: string;
  readonly pushToken: string;
}

/** A payload for some devices of one tenant. */
export interface Push {
  readonly tenantId: string;
  readonly devices: readonly PushDevice[];
  readonly payload: JsonValue;
}

/** Whatever brings pushes to devices. */
export interface PushProvider {
  /** Takes a push over; what becomes of it is logged. Errors: `overloaded` (nothing was taken). */
  accept(push: Push): void;
  /** Takes nothing new, and settles when what was taken has been delivered or given up. */
  close(): Promise<void>;
}
