/** Work that has not ended within its time; the work itself is not stopped by this. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
  readonly code = 'timeout';

  constructor(what: string, limitMs: number) {
    super(`${what} did not end within ${limitMs} ms`);
  }
}

/** The result of `work`. @throws TimedOutError after `limitMs`, or what `work` throws. */
export async function bounded<T>(what: string, limitMs: number, work: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimedOutError(what, limitMs)), limitMs);
  });
  return Promise.race([Promise.resolve().then(work), late]).finally(() => clearTimeout(timer));
}
