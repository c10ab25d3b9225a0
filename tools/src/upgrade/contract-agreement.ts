import { schemaIn, type ContractDocument } from './contract-document.js';
import type { JsonSchema, Schema } from './json-schema.js';
import { disagreements } from './schema-agreement.js';

interface Versions {
  readonly before: ContractDocument;
  readonly now: ContractDocument;
}

/**
 * Where processes of two versions, side by side on one bus, would not understand each other; a line each, empty when they do. A request
 * may ask for less than before and never for more; an answer and an event are read by either version.
 */
export function contractProblems(before: ContractDocument, now: ContractDocument): readonly string[] {
  const versions = { before, now };
  return [
    ...Object.keys(before.requests).flatMap((subject) => requestProblems(versions, subject)),
    ...Object.keys(before.events).flatMap((name) => eventProblems(versions, name)),
    ...Object.keys(before.open).flatMap((name) => openProblems(versions, name)),
  ];
}

function requestProblems({ before, now }: Versions, subject: string): readonly string[] {
  const [was, is] = [before.requests[subject], now.requests[subject]];
  if (was === undefined) return [];
  if (is === undefined) return [`${subject}: is gone, and the version before asks it`];
  if (was.v !== is.v) return [`${subject}: was v${was.v} and is v${is.v}: declare the new one beside the old one`];
  const asked = disagreements(schemaIn(now, is.input), schemaIn(before, was.input), 'input');
  return [
    ...asked.map((problem) => `${subject}, asked by the version before: ${problem}`),
    ...bothWays(subject, { before, now }, was.output, is.output, 'output'),
  ];
}

function eventProblems({ before, now }: Versions, name: string): readonly string[] {
  const [was, is] = [before.events[name], now.events[name]];
  if (was === undefined) return [];
  if (is === undefined) return [`${name}: is gone, and the version before listens to it`];
  if (was.v !== is.v) return [`${name}: was v${was.v} and is v${is.v}: publish both`];
  return bothWays(name, { before, now }, was.payload, is.payload, 'payload');
}

function openProblems({ before, now }: Versions, name: string): readonly string[] {
  const [was, is] = [before.open[name], now.open[name]];
  if (was === undefined) return [];
  if (is === undefined) return [`${name}: is gone`];
  const known = new Set(typesOf(schemaIn(before, was)));
  const alternatives = schemaIn(now, is).resolved().alternatives ?? [];
  const read = {
    oneOf: alternatives.filter((one) => typesOf(one).some((type) => known.has(type))).map(({ node }) => node),
  };
  return bothWays(name, { before, now }, was, read, 'type');
}

function bothWays(
  what: string,
  { before, now }: Versions,
  was: JsonSchema,
  is: JsonSchema,
  at: string,
): readonly string[] {
  const [old, fresh] = [schemaIn(before, was), schemaIn(now, is)];
  return [
    ...disagreements(old, fresh, at).map((problem) => `${what}, read by the version before: ${problem}`),
    ...disagreements(fresh, old, at).map((problem) => `${what}, written by the version before: ${problem}`),
  ];
}

/** What the field `type` says in each alternative. */
function typesOf(schema: Schema): readonly unknown[] {
  const resolved = schema.resolved();
  const { alternatives } = resolved;
  if (alternatives !== null) return alternatives.flatMap(typesOf);
  return resolved.property('type')?.resolved().values ?? [];
}
