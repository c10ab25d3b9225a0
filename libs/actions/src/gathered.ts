import { ParlanceError } from '@parlance/domain';

export interface GatherOptions<Q, A> {
  /** Answers in the order of the questions. All of a page are of one group. */
  readonly ask: (group: string, questions: readonly Q[]) => Promise<readonly A[]>;
  /** questions asked at once */
  readonly page: number;
  /** questions that wait; beyond, `overloaded` */
  readonly maxWaiting: number;
  /** after a page of several, the next one gathers until this long after it, ms: whoever asks alone never waits */
  readonly gatherMs: number;
}

interface Waiting<Q, A> {
  readonly group: string;
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/** Questions under way at a time. */
const UNDER_WAY = 2;

/**
 * Asks together what many ask at the same time: a question leaves at the end of the turn, and while two are under way, those that come
 * wait and leave as one. Errors: those of `ask`, `overloaded`.
 */
export class Gathered<Q, A> {
  private waiting: Waiting<Q, A>[] = [];
  private underWay = 0;
  /** ms on the monotonic clock */
  private leavesAt = -Infinity;

  constructor(private readonly options: GatherOptions<Q, A>) {}

  ask(group: string, question: Q): Promise<A> {
    if (this.waiting.length >= this.options.maxWaiting) {
      return Promise.reject(new ParlanceError('overloaded', 'Too many questions are waiting.'));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ group, question, resolve, reject });
      if (this.underWay < UNDER_WAY) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.underWay += 1;
    for (let page = await this.next(); page.length > 0; page = await this.next()) await this.settle(page);
    this.underWay -= 1;
  }

  private async next(): Promise<Waiting<Q, A>[]> {
    do {
      const waitMs = this.leavesAt - performance.now();
      await new Promise<void>((resolve) => (waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve)));
    } while (this.leavesAt > performance.now());
    const page = this.take();
    if (page.length > 1) this.leavesAt = performance.now() + this.options.gatherMs;
    return page;
  }

  /** The first group's, as many as fit. */
  private take(): Waiting<Q, A>[] {
    const group = this.waiting[0]?.group;
    const page: Waiting<Q, A>[] = [];
    this.waiting = this.waiting.filter((one) => {
      const taken = one.group === group && page.length < this.options.page;
      if (taken) page.push(one);
      return !taken;
    });
    return page;
  }

  /** One question that cannot be answered spoils the page: then each is asked alone. Never rejects. */
  private async settle(page: readonly Waiting<Q, A>[]): Promise<void> {
    try {
      const answers = await this.options.ask(
        page[0]?.group ?? '',
        page.map(({ question }) => question),
      );
      page.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer === undefined) reject(new ParlanceError('internal', 'A question was left without an answer.'));
        else resolve(answer);
      });
    } catch (error) {
      if (page.length === 1 || (error instanceof ParlanceError && error.retryable)) {
        for (const { reject } of page) reject(error);
      } else {
        for (const one of page) await this.settle([one]);
      }
    }
  }
}
