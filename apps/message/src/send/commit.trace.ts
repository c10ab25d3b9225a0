import type { Fact } from '@parlance/domain';
import { continueTrace, endSpan, isRecorded, traceOf, type Span } from '@parlance/observability';
import type { PreparedSend } from './send.types.js';

/** The traces that one commit is part of. A commit serves many: each has a step of its own, linked to those of the others. */
export interface CommitTrace {
  /** traceparents by the facts' ids, for those who are told of them */
  readonly tracesOf: (facts: readonly Fact[]) => ReadonlyMap<Fact, string> | undefined;
  readonly end: (error?: unknown) => void;
}

const UNTRACED: CommitTrace = { tracesOf: () => undefined, end: () => undefined };

export function traceCommit(items: readonly PreparedSend[]): CommitTrace {
  if (!items.some(({ trace }) => isRecorded(trace))) return UNTRACED;
  const traced = items.filter(({ trace }) => isRecorded(trace));
  const links = traced.flatMap(({ trace }) => trace ?? []);
  const spans = new Map(traced.map((item) => [item.id, spanOf(item, items.length, links)]));
  return {
    tracesOf: (facts) => new Map(facts.flatMap((fact) => pairOf(fact, spans))),
    end: (error) => spans.forEach((span) => endSpan(span, error)),
  };
}

function spanOf({ tenantId, trace }: PreparedSend, items: number, links: readonly string[]): Span | undefined {
  const others = links.filter((link) => link !== trace);
  return continueTrace(trace, 'message.commit', { attributes: { tenantId, items }, links: others });
}

function pairOf(fact: Fact, spans: ReadonlyMap<string, Span | undefined>): readonly (readonly [Fact, string])[] {
  const span = fact.type === 'message.created' ? spans.get(fact.message.id) : undefined;
  const trace = span === undefined ? null : traceOf(span);
  return trace === null ? [] : [[fact, trace]];
}
