import type { BatchAnswer } from '@parlance/bus';
import type { sendMessage } from '@parlance/contracts';
import type { z } from 'zod';

export type SendInput = z.output<typeof sendMessage.input>;
/** A send that this service makes itself. `deadline`: ms since the epoch. */
export interface InnerSend {
  readonly input: SendInput;
  readonly deadline: number;
  /** the broadcast message that this is a recipient's copy of */
  readonly broadcastOf?: string;
  /** traceparent of the step that asks for it */
  readonly trace?: string | null;
}

export type SendAnswer = BatchAnswer<z.input<typeof sendMessage.output>>;

/** A message on its way into a batch: checked, its parts as the database takes them. */
export interface PreparedSend {
  readonly tenantId: string;
  readonly input: SendInput;
  /** of the message, if it becomes one */
  readonly id: string;
  /** the broadcast message that this is a recipient's copy of */
  readonly broadcastOf: string | null;
  /** the idempotency key as it is stored */
  readonly clientMessageId: string;
  readonly bodyHash: string;
  readonly attachment: string | null;
  readonly metadata: string | null;
  readonly extras: string | null;
  readonly actor: string;
  /** rough size in bytes of what the database gets */
  readonly bytes: number;
  /** ms since the epoch */
  readonly deadline: number;
  /** traceparent of the step that asked for it */
  readonly trace: string | null;
}
