/** The promise of guarantees.md that was broken; `wire`: a frame no client of the dialect could read. */
export type PromiseName = 'P1' | 'P2' | 'P3' | 'P10' | 'wire';

export type Rule =
  /** an acknowledged message is not in the log */
  | 'acked-not-stored'
  /** a message that a working client had to get never came */
  | 'not-delivered'
  /** a client got something that is not in the log */
  | 'phantom'
  /** a client was shown a later message before one it had not seen */
  | 'gap'
  | 'out-of-order'
  /** twice on one connection */
  | 'repeated'
  /** one connection's messages changed places */
  | 'send-order'
  | 'log-seq'
  | 'log-time'
  | 'stored-twice'
  /** two ids were told for one message, or another one than the log's */
  | 'answers-differ'
  /** refused for good, and stored all the same */
  | 'refused-but-stored'
  | 'not-a-member'
  | 'malformed';

export interface Problem {
  readonly promise: PromiseName;
  readonly rule: Rule;
  readonly room: string | null;
  readonly client: string | null;
  readonly keys: readonly string[];
  readonly detail: string;
}

export interface Verdict {
  readonly ok: boolean;
  /** the first ones found, at most `maxProblems` */
  readonly problems: readonly Problem[];
  /** how many there were in all */
  readonly found: number;
}

const PROMISES: Readonly<Record<Rule, PromiseName>> = {
  'acked-not-stored': 'P1',
  'not-delivered': 'P1',
  phantom: 'P3',
  gap: 'P2',
  'out-of-order': 'P2',
  repeated: 'P2',
  'send-order': 'P2',
  'log-seq': 'P2',
  'log-time': 'P2',
  'stored-twice': 'P3',
  'answers-differ': 'P3',
  'refused-but-stored': 'P3',
  'not-a-member': 'P10',
  malformed: 'wire',
};

type Found = Omit<Problem, 'promise' | 'client'> & { readonly client?: string | undefined };

/** Collects problems, a bounded number of them: one planted bug breaks every message of a run. */
export class Problems {
  private readonly kept: Problem[] = [];
  private found = 0;

  constructor(private readonly max: number) {}

  add(problem: Found): void {
    this.found += 1;
    if (this.kept.length >= this.max) return;
    this.kept.push({ promise: PROMISES[problem.rule], ...problem, client: problem.client ?? null });
  }

  verdict(): Verdict {
    return { ok: this.found === 0, problems: this.kept, found: this.found };
  }
}

/** A verdict for people: a line per problem. */
export function describeVerdict({ ok, problems, found }: Verdict): string {
  if (ok) return 'nothing lost, nothing out of order, no gap, nothing twice';
  const lines = problems.map(
    ({ promise, rule, room, client, keys, detail }) =>
      `${promise} ${rule} room=${room ?? '-'} client=${client ?? '-'} keys=${keys.join(',')}: ${detail}`,
  );
  const more = found > problems.length ? [`... and ${found - problems.length} more`] : [];
  return [...lines, ...more].join('\n');
}
