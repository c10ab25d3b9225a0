const MAX_STRING = 40;
const MAX_DEPTH = 2;
/** What a person looks for comes first. */
const FIRST = ['text', 'message', 'type'];
const ID = /^(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const SHOWN_OF_ID = 6;

/** The arguments of an event on one line: keys without quotes, long ids by their end, deep objects as {…}. Control characters stay escaped. */
export function compact(args: readonly unknown[]): string {
  return args.map((arg) => show(arg, 0)).join(', ');
}

function show(value: unknown, depth: number): string {
  if (typeof value === 'string') return depth === 0 ? shortened(unwrapped(value)) : quoted(value);
  if (typeof value === 'function') return 'ack';
  if (Array.isArray(value))
    return depth < MAX_DEPTH ? `[${value.map((one) => show(one, depth + 1)).join(', ')}]` : '[…]';
  if (typeof value === 'object' && value !== null) return depth < MAX_DEPTH ? fields(value, depth) : '{…}';
  return typeof value === 'undefined' ? 'undefined' : JSON.stringify(value);
}

function fields(value: object, depth: number): string {
  const rank = (key: string): number => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  // What is undefined does not travel.
  const sent = Object.entries(value).filter(([, one]) => one !== undefined);
  const entries = sent.sort(([one], [other]) => rank(one) - rank(other));
  return `{${entries.map(([key, one]) => `${key}:${show(one, depth + 1)}`).join(', ')}}`;
}

function quoted(text: string): string {
  return ID.test(text) ? `…${text.slice(-SHOWN_OF_ID)}` : JSON.stringify(shortened(text));
}

function unwrapped(text: string): string {
  return ID.test(text) ? `…${text.slice(-SHOWN_OF_ID)}` : JSON.stringify(text);
}

function shortened(text: string): string {
  return text.length <= MAX_STRING ? text : `${text.slice(0, MAX_STRING - 1)}…`;
}
