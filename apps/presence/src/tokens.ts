/** The presence service's own database connection; type `Persistence` of `@parlance/persistence`. */
export const PERSISTENCE = Symbol('presence persistence');
/** The settings of the service; type `PresenceSettings`. */
export const SETTINGS = Symbol('presence settings');
/** The leases; type `PresenceStore`. */
export const STORE = Symbol('presence store');
