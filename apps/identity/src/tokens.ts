/** The identity service's own database connection; type `Persistence` of `@parlance/persistence`. */
export const PERSISTENCE = Symbol('identity persistence');
/** Makes server-side ids: 24 hex characters; type `() => string`. */
export const NEW_ID = Symbol('identity new id');
/** Seals what is secret at rest; type `Sealer` of `@parlance/auth`. */
export const VAULT = Symbol('identity vault');
/** The settings of the service; type `IdentitySettings`. */
export const SETTINGS = Symbol('identity settings');
/** Brings pushes to devices; type `PushProvider`. */
export const PUSH = Symbol('identity push');
