import type { Frame, FrameEncoding } from '@parlance/dialect-kit';

/** The mode a connection enters by `conf`. */
export const BASE64 = 'base64';

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** An event's first argument is all it has. `myPrefDelete` is decoded, but not parsed, by its clients: the raw key. */
function encodedFrame({ event, args }: Frame): Frame {
  const [payload] = args;
  const isRawKey = event === 'myPrefDelete' && typeof payload === 'string';
  return { event, args: [base64(isRawKey ? payload : JSON.stringify(payload))] };
}

/** The acknowledgement of a message is read as it comes: base64 makes the JS client's promise reject. */
function encodedAck(event: string, args: readonly unknown[]): readonly unknown[] {
  if (event === 'chat message') return args;
  return args.map((arg) => base64(JSON.stringify(arg)));
}

export const encodings: ReadonlyMap<string, FrameEncoding> = new Map([
  [BASE64, { frame: encodedFrame, ack: encodedAck }],
]);
