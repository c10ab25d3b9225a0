/** Milliseconds since 1970, UTC. Injected wherever time matters, so that tests can hold it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
