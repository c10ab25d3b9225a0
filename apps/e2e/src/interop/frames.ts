import type { ChatClient, Frame } from '@parlance/testing';

/** A frame's arguments as text, whatever the wire wraps them in: JSON text, or base64 of it. */
export function readable({ args }: Frame): string {
  return args.map((arg) => (typeof arg === 'string' ? `${arg} ${unwrapped(arg)}` : JSON.stringify(arg))).join(' ');
}

function unwrapped(text: string): string {
  return /^[A-Za-z0-9+/]+=*$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : text.replaceAll('\\"', '"');
}

/** Frames that came in since `from`, a place in the client's log. */
export function heardSince(client: ChatClient, from: number): readonly Frame[] {
  return client.rawLog.slice(from).filter(({ direction }) => direction === 'in');
}

export function mentionsAny(frame: Frame, words: readonly string[]): boolean {
  const text = readable(frame);
  return words.some((word) => word !== '' && text.includes(word));
}

/** Settles with the first frame, old or new, that fits. */
export async function nextFrame(
  client: ChatClient,
  from: number,
  fits: (frame: Frame) => boolean,
  patienceMs: number,
): Promise<Frame> {
  const found = heardSince(client, from).find(fits);
  if (found !== undefined) return found;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      const names = heardSince(client, from).map(({ name }) => name);
      reject(new Error(`${client.name} heard only [${names.join(', ')}] within ${patienceMs} ms.`));
    }, patienceMs);
    const stop = client.onEvent(({ raw }) => {
      if (raw.direction !== 'in' || !fits(raw)) return;
      clearTimeout(timer);
      stop();
      resolve(raw);
    });
  });
}
