import type { JsonValue } from '../preference/preference.js';

const CONNECTION = 'connection:';
/** How deep a payload is searched, and how many values of it are looked at. */
const MAX_DEPTH = 4;
const MAX_VALUES = 256;

/** What stands for the device of a connection that no token tells apart: it lasts as long as the connection. */
export function connectionDevice(connectionId: string): string {
  return `${CONNECTION}${connectionId}`;
}

export function isConnectionDevice(device: string): boolean {
  return device.startsWith(CONNECTION);
}

/** Whether what a side offers or answers holds a session description (SDP), as an object or as JSON text: its client negotiates media. */
export function holdsDescription(payload: JsonValue): boolean {
  const waiting: (readonly [unknown, number])[] = [[payload, 0]];
  for (let looked = 0; looked < MAX_VALUES; looked += 1) {
    const next = waiting.pop();
    if (next === undefined) return false;
    const [value, depth] = next;
    const parsed = typeof value === 'string' ? parsedOf(value) : value;
    if (parsed === null || typeof parsed !== 'object' || depth >= MAX_DEPTH) continue;
    if ('sdp' in parsed) return true;
    for (const inner of Object.values(parsed)) waiting.push([inner, depth + 1]);
  }
  return false;
}

function parsedOf(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null; // A text of its own kind.
  }
}
