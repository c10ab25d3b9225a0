import { signalSchema } from '@parlance/domain';
import type { Signal } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Server } from 'socket.io';

const SIGNAL = 'parlance:signal';

/**
 * Signals are never stored: they reach the local connections at once and the other gateways through the Socket.IO adapter,
 * without acknowledgement. With Redis away they stay local and no message is lost.
 */
export class Signals {
  constructor(
    private readonly io: Server,
    private readonly deliver: (signal: Signal) => void | Promise<void>,
    private readonly logger: Logger,
    /** no other gateway hears: the in-memory adapter would complain of each signal */
    private readonly alone: boolean,
    private readonly dropped: () => void = () => undefined,
  ) {
    io.of('/').on(SIGNAL, (payload: unknown) => this.receive(payload));
  }

  emit(signal: Signal): void {
    this.hand(signal);
    if (!this.alone) this.io.of('/').serverSideEmit(SIGNAL, signal);
  }

  private receive(payload: unknown): void {
    const parsed = signalSchema.safeParse(payload);
    if (parsed.success) return this.hand(parsed.data);
    this.dropped();
    this.logger.warn({ code: 'signal-unreadable' }, 'another gateway sent a signal this one cannot read');
  }

  private hand(signal: Signal): void {
    const failed = (err: unknown): void =>
      this.logger.error(
        { code: 'signal-failed', err, tenantId: signal.tenantId, type: signal.type },
        'a signal was not delivered',
      );
    try {
      void this.deliver(signal)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
