import { Inject, Injectable } from '@nestjs/common';
import type { bindSession, findSession, saveSessions } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { owedFacts } from './owed.js';
import { SessionRepository, type BindInput } from './session.repository.js';

@Injectable()
export class SessionService {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
  ) {}

  async bind(input: BindInput): Promise<z.input<typeof bindSession.output>> {
    const bound = await this.sessions.bind(input.tenantId, input, this.config.message.resumeWindowMs);
    if (bound === null) throw new ParlanceError('conflict', 'This session id is taken.');
    const { asOf, groups, recent, resumed } = bound;
    if (resumed === null) return { asOf, groups, recent, resumed };
    const { sessionId, openRooms, stays, cursors } = resumed;
    return { asOf, groups, recent, resumed: { sessionId, openRooms, owed: owedFacts(stays, cursors) } };
  }

  async find({ tenantId, sessionId }: z.output<typeof findSession.input>): Promise<z.input<typeof findSession.output>> {
    return { session: await this.sessions.find(tenantId, sessionId, this.config.message.resumeWindowMs) };
  }

  async save({ podId, sessions }: z.output<typeof saveSessions.input>): Promise<z.input<typeof saveSessions.output>> {
    return { asOf: await this.sessions.saveBatch(sessions, podId) };
  }
}
