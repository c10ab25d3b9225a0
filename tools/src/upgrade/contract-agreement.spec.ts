import { event, query } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contractProblems } from './contract-agreement.js';
import { contractDocument, documentOf, type ContractDocument, type Exports } from './contract-document.js';

const fact = (...types: readonly string[]) =>
  z.union(types.map((type) => z.object({ type: z.literal(type), at: z.string() })));
const DOMAIN = { factSchema: fact('said', 'left'), userEventSchema: fact('blocked'), signalSchema: fact('typing') };
const ask = query('room.get', z.object({ id: z.string() }), z.object({ name: z.string(), kind: z.enum(['a', 'b']) }));
const told = event('room.told', z.object({ text: z.string() }));

function document(contracts: Exports = { ask, told }, domain: Exports = DOMAIN): ContractDocument {
  return contractDocument.parse(JSON.parse(JSON.stringify(documentOf(contracts, domain))));
}

const problems = (contracts: Exports, domain: Exports = DOMAIN) =>
  contractProblems(document(), document(contracts, domain));

describe('contracts of two versions', () => {
  it('agree when they are the same, or more', () => {
    expect(problems({ ask, told, other: query('room.list', z.object({}), z.object({})) })).toEqual([]);
  });

  it('agree when a request may ask for more, and an answer tells more', () => {
    const more = query(
      'room.get',
      z.object({ id: z.string(), full: z.boolean().optional() }),
      z.object({ name: z.string(), kind: z.enum(['a', 'b']), size: z.int().optional() }),
    );
    expect(problems({ ask: more, told })).toEqual([]);
  });

  it('agree when there are more types of what a reader passes over', () => {
    expect(problems({ ask, told }, { ...DOMAIN, factSchema: fact('said', 'left', 'waved') })).toEqual([]);
  });

  it.each<[string, Exports, string]>([
    ['a request is gone', { told }, 'room.get: is gone, and the version before asks it'],
    ['an event is gone', { ask }, 'room.told: is gone, and the version before listens to it'],
    [
      'it is another version',
      { ask: { ...ask, v: 2 }, told },
      'room.get: was v1 and is v2: declare the new one beside the old one',
    ],
    [
      'a request needs more',
      { ask: query('room.get', z.object({ id: z.string(), by: z.string() }), ask.output), told },
      'room.get, asked by the version before: input.by: is required, and may be absent',
    ],
    [
      'an answer tells less',
      { ask: query('room.get', ask.input, z.object({ kind: z.enum(['a', 'b']) })), told },
      'room.get, read by the version before: output.name: is required, and may be absent',
    ],
    [
      'an answer must tell more',
      { ask: query('room.get', ask.input, ask.output.extend({ size: z.int() })), told },
      'room.get, written by the version before: output.size: is required, and may be absent',
    ],
    [
      'an answer has another value',
      { ask: query('room.get', ask.input, ask.output.extend({ kind: z.enum(['a', 'b', 'c']) })), told },
      'room.get, read by the version before: output.kind: "c" is written and not read',
    ],
    [
      'an event tells less',
      { ask, told: event('room.told', z.object({ text: z.string().optional() })) },
      'room.told, read by the version before: payload.text: is required, and may be absent',
    ],
  ])('do not when %s', (_, contracts, problem) => {
    expect(problems(contracts)).toEqual([problem]);
  });

  it('do not when a type that is kept in the log can no longer be read', () => {
    expect(problems({ ask, told }, { ...DOMAIN, factSchema: fact('said', 'waved') })).not.toEqual([]);
  });

  it('do not when a type tells less', () => {
    const less = z.union([
      z.object({ type: z.literal('said') }),
      z.object({ type: z.literal('left'), at: z.string() }),
    ]);
    expect(problems({ ask, told }, { ...DOMAIN, factSchema: less })).toEqual([
      'fact, read by the version before: type.at: is required, and may be absent',
    ]);
  });

  it('are all there, or it is an error', () => {
    expect(() => documentOf({ ask }, {})).toThrow('factSchema');
  });
});
