import { splitList, statementsOf, type Statement } from './sql.js';
import { functionOf, functionProblem, type SqlFunction } from './sql-function.js';

export interface MigrationText {
  readonly name: string;
  readonly sql: string;
}

export interface Installed {
  /** such as `1.2.3` */
  readonly version: string;
  readonly migrations: readonly MigrationText[];
}

/** What the migrations that are judged have made themselves: the version before knows nothing of it. */
interface Own {
  readonly tables: Set<string>;
  readonly others: Set<string>;
}

interface Rule {
  readonly when: RegExp;
  readonly why: string;
}

/** Group 1: what it is done to. */
const STATEMENTS: readonly Rule[] = [
  {
    when: /^drop (?:materialized )?\w+ (?:concurrently )?(?:if exists )?([\w."]+)/,
    why: 'takes away what the version before may use',
  },
  { when: /^truncate (?:table )?(?:only )?([\w."]+)/, why: 'takes away rows' },
  { when: /^delete from (?:only )?([\w."]+)/, why: 'takes away rows' },
  { when: /^revoke [\s\S]* on (?:\w+ )?([\w."]+)/, why: 'takes away a right' },
  {
    when: /^create unique index (?:concurrently )?(?:if not exists )?(?:[\w"]+ )?on (?:only )?([\w."]+)/,
    why: 'refuses rows that the version before may write',
  },
  {
    when: /^alter (?!table)(?:materialized )?\w+ (?:if exists )?([\w."]+)[\s\S]* (?:rename|set schema|drop|owner to)\b/,
    why: 'changes what the version before may use',
  },
];

/** Of the parts of an ALTER TABLE. */
const TABLE_CHANGES: readonly Rule[] = [
  { when: /^drop\b/, why: 'takes away what the version before may use' },
  { when: /^rename\b|^set schema\b/, why: 'takes away the name that the version before uses' },
  {
    when: /^alter (?:column )?\S+ (?:set data )?type\b/,
    why: 'changes the type of a column that the version before reads and writes',
  },
  { when: /^alter (?:column )?\S+ drop\b/, why: 'lets in or lets out what the version before does not expect' },
  {
    when: /^add (?:constraint\b|check\b|unique\b|primary key\b|foreign key\b|exclude\b)/,
    why: 'refuses rows that the version before may write',
  },
  {
    when: /^add (?:column )?(?:if not exists )?\S+ (?![\s\S]*\b(?:default|generated)\b)[\s\S]*\bnot null\b/,
    why: 'needs a value that the version before does not write: give it a default',
  },
  { when: /^(?:detach partition|disable|enable|force)\b/, why: 'changes which rows the version before sees' },
];

const MADE =
  /^create (?:or replace )?(?:unlogged |materialized |unique )?(table|view|index|type|sequence|schema|domain|trigger|function) (?:concurrently )?(?:if not exists )?([\w."]+)/;
const ALTER_TABLE = /^alter table (?:if exists )?(?:only )?([\w."]+) ?([\s\S]*)$/;
/** In a block its statements are hidden, and so is what they are done to. */
const HIDDEN = /\b(?:drop|rename|truncate|alter column)\b/;
const CONTRACTS = /^-- contract: (\S+)\s*$/m;

/**
 * What migrations newer than the version before do that this version cannot stand, being still at work beside the new one; a line each.
 * A migration whose header says `-- contract: 1.2.3` takes away what 1.2.3 was the last to use, and may when that is older than the
 * version before.
 */
export function migrationProblems(before: Installed, added: readonly MigrationText[]): readonly string[] {
  const functions = before.migrations.flatMap(({ sql }) => functionsOf(sql));
  const own: Own = { tables: new Set(), others: new Set() };
  return added.flatMap((migration) => {
    const contracted = CONTRACTS.exec(migration.sql)?.[1];
    if (contracted !== undefined) return contractProblems(migration.name, contracted, before.version);
    return statementsOf(migration.sql).flatMap((statement) => {
      noteMade(statement, own);
      return [...statementProblems(statement, own), ...functionProblems(statement, functions)].map(
        (problem) => `${migration.name}:${statement.line}: ${problem}`,
      );
    });
  });
}

function contractProblems(name: string, contracted: string, previous: string): readonly string[] {
  if (!/^\d+\.\d+\.\d+$/.test(contracted)) return [`${name}: '${contracted}' is no version`];
  if (isOlder(contracted, previous)) return [];
  return [
    `${name}: takes away what ${contracted} uses, and ${previous} may still be at work: wait for the version after`,
  ];
}

function functionsOf(sql: string): readonly SqlFunction[] {
  return statementsOf(sql)
    .map(functionOf)
    .filter((made) => made !== null);
}

function noteMade({ text }: Statement, own: Own): void {
  const [, kind, name] = MADE.exec(text) ?? [];
  if (name !== undefined) (kind === 'table' ? own.tables : own.others).add(name);
}

function statementProblems(statement: Statement, own: Own): readonly string[] {
  const { text } = statement;
  if (text.startsWith('do '))
    return HIDDEN.test(text.toLowerCase()) ? ['a block hides what it takes away: say it plainly'] : [];
  const altered = ALTER_TABLE.exec(text);
  if (altered !== null) return tableProblems(altered[1] ?? '', altered[2] ?? '', own);
  return STATEMENTS.flatMap(({ when, why }) => {
    const target = when.exec(text)?.[1];
    return target === undefined || own.tables.has(target) || own.others.has(target) ? [] : [`${target}: ${why}`];
  });
}

function tableProblems(table: string, changes: string, own: Own): readonly string[] {
  if (own.tables.has(table)) return [];
  const parts = splitList(changes);
  return parts.flatMap((change) => {
    const found = TABLE_CHANGES.find(({ when }) => when.test(change))?.why ?? missingDefault(change, parts);
    return found === undefined ? [] : [`${table}: "${change}" ${found}`];
  });
}

/** Rows of the version before lack the value, unless the same statement says which one they get. */
function missingDefault(change: string, parts: readonly string[]): string | undefined {
  const column = /^alter (?:column )?(\S+) set not null/.exec(change)?.[1];
  if (column === undefined) return undefined;
  const has = parts.some(
    (part) => part.startsWith(`alter column ${column} set default`) || part.startsWith(`alter ${column} set default`),
  );
  return has ? undefined : 'needs a value that the version before does not write: give it a default';
}

function functionProblems(statement: Statement, before: readonly SqlFunction[]): readonly string[] {
  const made = functionOf(statement);
  const problem = made === null ? null : functionProblem(made, before);
  return problem === null ? [] : [problem];
}

function isOlder(version: string, than: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  const place = other.findIndex((number, index) => number !== one[index]);
  return place !== -1 && (one[place] ?? 0) < (other[place] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map(Number);
}
