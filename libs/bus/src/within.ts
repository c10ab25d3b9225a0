import { unavailable } from './failures.js';

/** The result of `work`, or `unavailable` after `ms` milliseconds, so that a silent server never holds anything up. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('The message bus did not answer in time.')), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
