/** What stands in a log where a secret was. */
export const REDACTED = '[redacted]';

/** A log record is cut off below this depth and after this many entries, so that logging a big object stays cheap. */
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200;
const MAX_TEXT = 10_000;

/** Key names, lower case and without separators, whose value is a secret. */
const SECRET_NAMES = new Set([
  'auth',
  'authorization',
  'cookie',
  'setcookie',
  'pass',
  'passwd',
  'pwd',
  'jwt',
  'bearer',
  'pid',
]);
const SECRET_ENDINGS = [
  'token',
  'tokens',
  'secret',
  'password',
  'apikey',
  'secretkey',
  'privatekey',
  'signingkey',
  'clientkey',
  'hashkey',
  'credential',
  'credentials',
  'authorization',
];

export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_ENDINGS.some((ending) => plain.endsWith(ending));
}

const SECRET_WORD = String.raw`[\w-]*(?:token|secret|password|passwd|api[-_]?key|hash[-_]?key|client[-_]?key|authorization|credential)`;

/**
 * Applied in order to running text: messages, stacks, values nobody gave a telling name. Clients choose parts of that text, so each
 * pattern takes linear time: what repeats is bounded or cannot begin inside its own match.
 */
const TEXT_PATTERNS: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'@]+@/gi, `$1${REDACTED}@`],
  // ?token=... and &auth=...
  [new RegExp(String.raw`([?&](?:${SECRET_WORD}|auth|pid|jwt)=)[^&\s"'#\\]+`, 'gi'), `$1${REDACTED}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  // JSON inside text, plain or escaped: "apiKey":"..."
  [new RegExp(String.raw`("(?:${SECRET_WORD}|auth)\\*"\s*:\s*\\*")[^"\\]+`, 'gi'), `$1${REDACTED}`],
  // a JWT
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  // one of our API keys
  [/(?<![\w.-])[ps]k_[\w.-]{32,}/g, REDACTED],
];

/** The text without credentials: URL user info, token-like query values, bearer values, JWTs and API keys. */
export function redactText(text: string): string {
  return TEXT_PATTERNS.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), text);
}

/** The URL (absolute or path with query) without user info and without the values of token-like query parameters. */
export function redactUrl(url: string): string {
  const [beforeHash = '', ...hash] = url.split('#');
  const [address = '', ...query] = beforeHash.split('?');
  const place = address.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, `$1//${REDACTED}@`);
  const search = query.length > 0 ? `?${query.join('?').split('&').map(redactParameter).join('&')}` : '';
  return redactText(place + search) + (hash.length > 0 ? `#${hash.map(redactText).join('#')}` : '');
}

function redactParameter(parameter: string): string {
  const [name = '', ...value] = parameter.split('=');
  return value.length > 0 && isSecretName(decoded(name)) ? `${name}=${REDACTED}` : parameter;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // A malformed escape is no reason to lose the log line: the raw name is judged instead.
    return name;
  }
}

/** A copy of a log record in which every value under a secret name is replaced, at any depth. */
export function redactRecord(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactEntries(record, 0, new Set());
}

function redactEntries(record: object, depth: number, ancestors: ReadonlySet<object>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  const inside = new Set(ancestors).add(record);
  for (const [name, value] of Object.entries(record).slice(0, MAX_ENTRIES)) {
    copy[name] = isSecretName(name) && value != null ? REDACTED : redactValue(value, depth + 1, inside);
  }
  return copy;
}

function redactValue(value: unknown, depth: number, ancestors: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (ancestors.has(value)) return '[circular]';
  if (depth > MAX_DEPTH) return '[too deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return redactError(value, depth, ancestors);
  if (!Array.isArray(value)) return redactEntries(value, depth, ancestors);
  const inside = new Set(ancestors).add(value);
  return value.slice(0, MAX_ENTRIES).map((item) => redactValue(item, depth + 1, inside));
}

function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}[${text.length - MAX_TEXT} more]` : text;
}

/** `name`, `message`, `stack` and `cause` are not enumerable, so they are taken by hand. */
function redactError(error: Error, depth: number, ancestors: ReadonlySet<object>): Record<string, unknown> {
  const inside = new Set(ancestors).add(error);
  return {
    ...redactEntries(error, depth, ancestors),
    type: error.name,
    message: shortened(error.message),
    stack: error.stack === undefined ? undefined : shortened(error.stack),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1, inside) }),
  };
}
