import { z } from 'zod';

/**
 * Schemas for values that arrive as environment strings. Each message completes the sentence "<NAME> ...", so that a problem
 * reads as one line.
 */
function parsed<T>(expectation: string, parse: (text: string) => T | undefined): z.ZodType<T> {
  return z.string().transform((text, context) => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${expectation}` });
    return z.NEVER;
  });
}

function between(value: number, min: number, max: number): number | undefined {
  return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
}

export function text(): z.ZodType<string> {
  return z.string().trim().min(1, 'must not be empty');
}

export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return parsed(`a whole number ${range}`, (value) =>
    /^-?\d+$/.test(value) ? between(Number(value), min, max) : undefined,
  );
}

/** A share, from 0 to 1. */
export function ratio(): z.ZodType<number> {
  return parsed('a number from 0 to 1, such as 0.01', (value) =>
    /^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(value) ? Number(value) : undefined,
  );
}

/** A TCP port; 0 means any free one. */
export function port(): z.ZodType<number> {
  return integer(0, 65_535);
}

const TRUE_WORDS = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS = new Set(['false', '0', 'no', 'off']);

export function flag(): z.ZodType<boolean> {
  return parsed('true or false', (value) => {
    const word = value.toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    return FALSE_WORDS.has(word) ? false : undefined;
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; accepts `1500`, `1500ms`, `10s`, `5m`, `1h` and `7d`. */
export function duration(min = 0, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min} ms` : `from ${min} to ${max} ms`;
  return parsed(`a time ${bounds}, such as 500ms, 10s or 5m`, (value) => {
    const match = /^(\d+)\s*(ms|s|m|h|d)?$/.exec(value);
    return match ? between(Number(match[1]) * (UNIT_MS[match[2] ?? 'ms'] ?? NaN), min, max) : undefined;
  });
}

const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 };

/** Bytes; accepts `262144`, `256KB`, `28MB` (1 KB = 1024 bytes). */
export function byteSize(min = 0, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const bounds = max === Number.MAX_SAFE_INTEGER ? `of at least ${min} bytes` : `from ${min} to ${max} bytes`;
  return parsed(`a size ${bounds}, such as 256KB or 1MB`, (value) => {
    const match = /^(\d+)\s*(B|KB|MB|GB)?$/.exec(value.toUpperCase());
    return match ? between(Number(match[1]) * (UNIT_BYTES[match[2] ?? 'B'] ?? NaN), min, max) : undefined;
  });
}

/** A URL with one of the given schemes (without the colon). The value stays a string, as drivers want it. */
export function url(...schemes: readonly string[]): z.ZodType<string> {
  const expectation = `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return parsed(expectation, (value) => (hasScheme(value, schemes) ? value : undefined));
}

/** Several URLs separated by commas. */
export function urlList(...schemes: readonly string[]): z.ZodType<readonly string[]> {
  const expectation = `URLs, separated by commas, that start with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return parsed(expectation, (value) => {
    const items = splitList(value);
    return items.length > 0 && items.every((item) => hasScheme(item, schemes)) ? items : undefined;
  });
}

/** Words separated by commas; blanks around them and empty ones are dropped. */
export function list(): z.ZodType<readonly string[]> {
  return parsed('words separated by commas', splitList);
}

export function oneOf<const T extends string>(...options: readonly T[]): z.ZodType<T> {
  return parsed(`one of ${options.join(', ')}`, (value) => options.find((option) => option === value));
}

function splitList(value: string): readonly string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function hasScheme(value: string, schemes: readonly string[]): boolean {
  return URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
}
