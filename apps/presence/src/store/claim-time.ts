/** How long a replica holds whom it claimed, ms; whoever is not settled by then is somebody else's. */
export const CLAIM_MS = 30_000;
