/** Just enough of SQL to see what a migration does to what is there. Pure. */

export interface Statement {
  /** lower case, one space between words, without comments; what stands in quotes is left as it is */
  readonly text: string;
  /** of its first word, from 1 */
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'quoted' | 'body' | 'comment' | 'space';
}

/** Dollar quotes, strings, quoted names and comments hold semicolons and words that are none. */
const TOKENS =
  /(?<body>\$(\w*)\$[\s\S]*?\$\2\$)|(?<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<space>\s+)|(?<word>\w+|[\s\S])/g;
const KINDS = ['body', 'quoted', 'comment', 'space'] as const;

export function statementsOf(sql: string): readonly Statement[] {
  const statements: Statement[] = [];
  let [text, line, startedAt] = ['', 1, 0];
  const finish = (): void => {
    if (text.trim() !== '') statements.push({ text: text.trim(), line: startedAt });
    [text, startedAt] = ['', 0];
  };
  for (const token of tokensOf(sql)) {
    if (token.kind === 'word' && token.text === ';') finish();
    else {
      const written = writtenOf(token);
      if (startedAt === 0 && written.trim() !== '') startedAt = line;
      text = written === ' ' && text.endsWith(' ') ? text : text + written;
    }
    line += token.text.split('\n').length - 1;
  }
  finish();
  return statements;
}

function* tokensOf(sql: string): Generator<Token> {
  for (const match of sql.matchAll(TOKENS)) {
    const kind = KINDS.find((one) => match.groups?.[one] !== undefined) ?? 'word';
    yield { text: match[0], kind };
  }
}

function writtenOf({ kind, text }: Token): string {
  if (kind === 'space' || kind === 'comment') return ' ';
  return kind === 'word' ? text.toLowerCase() : text;
}

/** Parts between commas that stand in no parentheses and no quotes. */
export function splitList(text: string): readonly string[] {
  const parts: string[] = [];
  let [part, depth] = ['', 0];
  for (const { kind, text: token } of tokensOf(text)) {
    if (kind === 'word' && token === '(') depth += 1;
    if (kind === 'word' && token === ')') depth -= 1;
    const ends = kind === 'word' && token === ',' && depth === 0;
    if (ends) parts.push(part);
    part = ends ? '' : part + token;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

/** What stands in the parentheses that open at or after `from`, and the text behind them; null where there are none. */
export function parenthesised(text: string, from: number): { readonly inside: string; readonly rest: string } | null {
  const start = text.indexOf('(', from);
  if (start === -1) return null;
  let [depth, position] = [0, start];
  for (const { kind, text: token } of tokensOf(text.slice(start))) {
    if (kind === 'word' && token === '(') depth += 1;
    if (kind === 'word' && token === ')') depth -= 1;
    position += token.length;
    if (depth === 0) return { inside: text.slice(start + 1, position - 1).trim(), rest: text.slice(position).trim() };
  }
  return null;
}
