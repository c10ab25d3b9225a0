import { isDeepStrictEqual } from 'node:util';
import type { Schema } from './json-schema.js';

interface Pair {
  readonly reader: Schema;
  readonly writer: Schema;
  /** where in the value, such as `.members[].role` */
  readonly at: string;
  /** Pairs of references that are being compared: a schema may contain itself. */
  readonly open: ReadonlySet<string>;
}

/**
 * Why a reader may refuse, or miss something in, what a writer writes; empty when it reads everything. Structural and strict: of two
 * ways to say the same, one may be reported. A field that the reader does not know is no reason, unless it says that it refuses others.
 */
export function disagreements(reader: Schema, writer: Schema, at = ''): readonly string[] {
  return compare({ reader, writer, at, open: new Set() });
}

function compare(pair: Pair): readonly string[] {
  const key = `${pair.reader.ref ?? ''} ${pair.writer.ref ?? ''}`;
  const both = pair.reader.ref !== null && pair.writer.ref !== null;
  if (both && pair.open.has(key)) return [];
  const open = both ? new Set([...pair.open, key]) : pair.open;
  return resolvedPair({ ...pair, open, reader: pair.reader.resolved(), writer: pair.writer.resolved() });
}

function resolvedPair(pair: Pair): readonly string[] {
  const { reader, writer, at } = pair;
  if (reader.takesAnything) return [];
  const written = writer.alternatives;
  if (written !== null) return written.flatMap((one) => compare({ ...pair, writer: one }));
  if (writer.takesAnything) return [`${at}: could be anything, and is limited`];
  const read = reader.alternatives;
  if (read !== null) return ofBest(pair, read);
  const wrongType = typeProblem(pair);
  return wrongType.length > 0 ? wrongType : PARTS.flatMap((part) => part(pair));
}

/** What the alternative that is meant finds wrong. */
function ofBest(pair: Pair, alternatives: readonly Schema[]): readonly string[] {
  const found = alternatives.map((reader) => ({ reader, problems: compare({ ...pair, reader }) }));
  if (found.some(({ problems }) => problems.length === 0)) return [];
  const meant = found.filter(({ reader }) => isKin({ ...pair, reader }));
  const [best] = meant.toSorted((one, other) => one.problems.length - other.problems.length);
  return best?.problems ?? [`${pair.at}: a form of it is written, and none like it is read`];
}

/** Whether two alternatives are meant to be the same one: of one type, and nothing that tells alternatives apart differs. */
function isKin({ reader, writer }: Pair): boolean {
  const one = reader.resolved();
  if (one.node.type !== writer.node.type) return false;
  return Object.keys(one.node.properties ?? {}).every((name) => {
    const [mine, theirs] = [one.property(name)?.resolved().values, writer.property(name)?.resolved().values];
    return mine?.length !== 1 || (theirs ?? []).some((value) => isDeepStrictEqual(value, mine[0]));
  });
}

function typeProblem({ reader, writer, at }: Pair): readonly string[] {
  const [mine, theirs] = [reader.node.type, writer.node.type];
  if (mine === undefined || mine === theirs || (mine === 'number' && theirs === 'integer')) return [];
  return [`${at}: ${[theirs ?? 'anything'].flat().join()} is written, ${[mine].flat().join()} is read`];
}

function valueProblems({ reader, writer, at }: Pair): readonly string[] {
  const [mine, theirs] = [reader.values, writer.values];
  if (mine === null) return [];
  if (theirs === null) return [`${at}: any value is written, only ${told(mine)} read`];
  const unread = theirs.filter((value) => !mine.some((known) => isDeepStrictEqual(known, value)));
  return unread.length === 0 ? [] : [`${at}: ${told(unread)} is written and not read`];
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems'] as const;

function boundProblems({ reader, writer, at }: Pair): readonly string[] {
  // A value from a list has been compared by itself.
  if (writer.values !== null) return [];
  const beyond = (word: (typeof LOWER)[number] | (typeof UPPER)[number], sign: 1 | -1): readonly string[] => {
    const [mine, theirs] = [reader.node[word], writer.node[word]];
    if (mine === undefined || (theirs !== undefined && theirs * sign <= mine * sign)) return [];
    return [`${at}: ${word} ${mine} is read, ${theirs ?? 'no limit'} written`];
  };
  return [...LOWER.flatMap((word) => beyond(word, -1)), ...UPPER.flatMap((word) => beyond(word, 1))];
}

function formProblems({ reader, writer, at }: Pair): readonly string[] {
  if (writer.values !== null) return [];
  return (['pattern', 'format', 'contentEncoding'] as const).flatMap((word) => {
    const [mine, theirs] = [reader.node[word], writer.node[word]];
    return mine === undefined || mine === theirs ? [] : [`${at}: ${word} ${mine} is read, ${theirs ?? 'any'} written`];
  });
}

function itemProblems(pair: Pair): readonly string[] {
  const { reader, writer, at } = pair;
  const [mine, theirs] = [reader.node.prefixItems ?? [], writer.node.prefixItems ?? []];
  if (mine.length !== theirs.length) return [`${at}: ${theirs.length} places are written, ${mine.length} read`];
  const places = mine.flatMap((node, place) => {
    const written = theirs[place];
    if (written === undefined) return [];
    return compare({ ...pair, reader: reader.at(node), writer: writer.at(written), at: `${at}[${place}]` });
  });
  const [items, others] = [reader.node.items, writer.node.items];
  if (items === undefined || items === false || others === false) return places;
  return [...places, ...compare({ ...pair, reader: reader.at(items), writer: writer.at(others ?? {}), at: `${at}[]` })];
}

function fieldProblems(pair: Pair): readonly string[] {
  const { reader, writer, at } = pair;
  const sure = new Set(writer.node.required);
  const lacking = (reader.node.required ?? [])
    .filter((name) => !sure.has(name) && reader.property(name)?.takesAnything !== true)
    .map((name) => `${at}.${name}: is required, and may be absent`);
  const fields = Object.keys(writer.node.properties ?? {}).flatMap((name) => fieldProblem(pair, name));
  return [...lacking, ...fields];
}

function fieldProblem(pair: Pair, name: string): readonly string[] {
  const { reader, writer } = pair;
  const at = `${pair.at}.${name}`;
  const written = writer.property(name);
  const read = reader.property(name) ?? otherFields(reader);
  if (read === 'refused') return [`${at}: is written, and refused`];
  return read === null || written === null ? [] : compare({ ...pair, reader: read, writer: written, at });
}

/** Records: fields of any name. */
function recordProblems(pair: Pair): readonly string[] {
  const { reader, writer, at } = pair;
  const [read, written] = [otherFields(reader), otherFields(writer)];
  if (written === null || written === 'refused' || read === null) return [];
  if (read === 'refused') return [`${at}: fields of any name are written, and refused`];
  const names = reader.node.propertyNames;
  const nameProblems =
    names === undefined
      ? []
      : compare({
          ...pair,
          reader: reader.at(names),
          writer: writer.at(writer.node.propertyNames ?? {}),
          at: `${at}{name}`,
        });
  return [...nameProblems, ...compare({ ...pair, reader: read, writer: written, at: `${at}{}` })];
}

/** What is said of fields that are not named; null: they are passed over. */
function otherFields(schema: Schema): Schema | 'refused' | null {
  const { additionalProperties } = schema.node;
  if (additionalProperties === false) return 'refused';
  return typeof additionalProperties === 'object' ? schema.at(additionalProperties) : null;
}

const PARTS = [valueProblems, boundProblems, formProblems, itemProblems, fieldProblems, recordProblems];

function told(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
