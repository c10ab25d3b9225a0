export { apiKeyMatches, DEMO_KEYS, hashApiKey, isDemoKey, issueApiKey, parseApiKey } from './api-key/api-key.js';
export type { ApiKeyClaim, ApiKeyKind, ApiKeySource, IssuedApiKey } from './api-key/api-key.js';
export { isPublicAddress, publicLookup, requirePublicHost } from './network/public-address.js';
export type { Resolve } from './network/public-address.js';
export { canonicalHost, canonicalOrigin, checkOrigin } from './origin/origin.js';
export type { OriginCheck } from './origin/origin.js';
export { PrincipalCache } from './principal/principal-cache.js';
export type { CredentialRequest, IdentityChange, PrincipalCacheOptions } from './principal/principal-cache.js';
export { proofMatches, signInProof, userProof } from './proof/proof.js';
export { MIN_SECRET_CHARS, sealer } from './sealer/sealer.js';
export type { Sealer, SealerOptions } from './sealer/sealer.js';
export {
  importTokenKey,
  newOwnKey,
  tenantKeyFromJwk,
  tenantKeyFromSecret,
  TOKEN_ALGORITHMS,
  tokenKeySourceSchema,
} from './token/token-key.js';
export type { TokenAlgorithm, TokenKey, TokenKeySet, TokenKeySource } from './token/token-key.js';
export { looksLikeToken, MAX_TOKEN_CHARS, peekToken, signToken, TOKEN_AUDIENCE, verifyToken } from './token/token.js';
export type { TokenClaim, TokenIdentity, TokenRequest } from './token/token.js';
