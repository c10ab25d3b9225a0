import { parenthesised, splitList, type Statement } from './sql.js';

/** A function as its `create` says it. */
export interface SqlFunction {
  /** with its schema */
  readonly name: string;
  /** name, mode and type of each argument, in order, without defaults */
  readonly args: readonly string[];
  /** how many arguments a call must and may have */
  readonly needs: number;
  readonly takes: number;
  readonly returns: string;
}

const CREATE = /^create (?:or replace )?function ([\w."]+) ?\(/;
const DEFAULT = /\s*(?:\bdefault\b|:?=)[\s\S]*$/;
/** What may stand behind the type that a function returns. */
const BEHIND_RETURNS =
  / (?:language|immutable|stable|volatile|strict|security|set|as|cost|rows|parallel|leakproof|called|window)\b/;

/** Null where the statement makes no function. */
export function functionOf({ text }: Statement): SqlFunction | null {
  const name = CREATE.exec(text)?.[1];
  const list = parenthesised(text, 0);
  if (name === undefined || list === null) return null;
  const given = splitList(list.inside);
  const taken = given.filter((arg) => !/^out /.test(arg));
  const returns = /^returns ([\s\S]*)$/.exec(list.rest)?.[1] ?? '';
  return {
    name,
    args: given.map((arg) => arg.replace(DEFAULT, '')),
    needs: taken.filter((arg) => !DEFAULT.test(arg)).length,
    takes: taken.length,
    returns: returns.split(BEHIND_RETURNS)[0]?.trim() ?? '',
  };
}

/** Why calls of the version before may no longer mean what they did; null when they do. */
export function functionProblem(made: SqlFunction, before: readonly SqlFunction[]): string | null {
  const same = before.filter(({ name }) => name === made.name);
  const replaced = same.find(({ args }) => args.join() === made.args.join());
  if (replaced !== undefined) {
    return replaced.returns === made.returns
      ? null
      : `${made.name} returns ${made.returns}, and returned ${replaced.returns}`;
  }
  const confused = same.find(({ needs, takes }) => made.needs <= takes && needs <= made.takes);
  return confused === undefined
    ? null
    : `${made.name} with these arguments can be taken for the one that the version before calls; give it another name`;
}
