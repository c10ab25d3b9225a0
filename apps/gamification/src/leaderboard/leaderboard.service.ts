import { Inject, Injectable } from '@nestjs/common';
import type { listLeaderboard } from '@parlance/contracts';
import type { z } from 'zod';
import { ScoreService } from '../score/score.service.js';
import { ranked, weekOf } from './leaderboard.rules.js';
import { LeaderboardRepository, type Board } from './leaderboard.repository.js';

type Input = z.output<typeof listLeaderboard.input>;
type Output = z.input<typeof listLeaderboard.output>;

const ALL_TIME = '0001-01-01';

@Injectable()
export class LeaderboardService {
  constructor(
    @Inject(LeaderboardRepository) private readonly repository: LeaderboardRepository,
    @Inject(ScoreService) private readonly scores: ScoreService,
  ) {}

  async list(input: Input): Promise<Output> {
    const { tenantId, after, limit, viewerId } = input;
    const board = await this.#board(input);
    const page = await this.repository.page(tenantId, board, after, limit);
    const [first, last] = [page[0], page.at(-1)];
    const ahead = first === undefined ? { above: 0, equal: 0 } : await this.repository.ahead(tenantId, board, first);
    return {
      startsOn: board.period === 'all' ? null : board.startsOn,
      places: ranked(page, ahead),
      self: viewerId === null ? null : await this.#self(tenantId, board, viewerId),
      next: last === undefined || page.length < limit ? null : { total: last.total, userId: last.userId },
    };
  }

  async #board({ period, timeZone, day }: Input): Promise<Board> {
    if (period === 'all') return { period, startsOn: ALL_TIME };
    const named = await this.scores.dayOf({ timeZone, day });
    return { period, startsOn: period === 'day' ? named : weekOf(named) };
  }

  async #self(tenantId: string, board: Board, userId: string): Promise<Output['self']> {
    const total = await this.repository.total(tenantId, board, userId);
    if (total === 0) return null;
    const { above } = await this.repository.ahead(tenantId, board, { total, userId });
    return { rank: above + 1, userId, total };
  }
}
